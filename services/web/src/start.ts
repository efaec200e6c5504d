// The start page: how the server does, and who is signed in.
import { call, Failure } from "./api";
import { language, setLanguage, t, translate } from "./texts";

interface Me {
  name: string;
  unit: { name: string };
  grants: { role: string; unit_name: string }[];
  must_change_password: boolean;
}

function byId<T extends HTMLElement>(id: string): T {
  const e = document.getElementById(id);
  if (!e) throw new Error(`no element ${id}`);
  return e as T;
}

let health: "checking" | "ready" | "not_ready" | "away" = "checking";
let me: Me | undefined;

function show(): void {
  translate();
  const status = byId("status");
  status.dataset["state"] = health;
  status.textContent = t(`status_${health}`);
  byId("signed-out").hidden = me !== undefined;
  byId("signed-in").hidden = me === undefined;
  if (!me) return;
  byId("me-name").textContent = me.name;
  byId("me-unit").textContent = me.unit.name;
  byId("me-roles").textContent = me.grants.map((g) => `${t(`role.${g.role}`)} · ${g.unit_name}`).join(", ") || t("no_roles");
  byId("change").hidden = !me.must_change_password;
}

async function checkHealth(): Promise<void> {
  try {
    health = (await fetch("/readyz", { cache: "no-store" })).ok ? "ready" : "not_ready";
  } catch {
    health = "away";
  }
  show();
}

// readMe tells whether there is a session.
async function readMe(): Promise<void> {
  try {
    me = await call<Me>("GET", "/me");
  } catch {
    me = undefined;
  }
  show();
}

// onSubmit runs send when a form is sent with all its fields filled in, and
// shows under it what went wrong.
function onSubmit(id: string, send: (fields: FormData) => Promise<void>): void {
  const form = byId<HTMLFormElement>(id);
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    const button = form.querySelector("button")!;
    const error = form.querySelector<HTMLElement>("[role=alert]")!;
    const empty = [...form.querySelectorAll("input")].find((i) => !i.value.trim());
    error.textContent = empty ? t("fill_in") : "";
    if (empty) {
      empty.focus();
      return;
    }
    button.disabled = true;
    try {
      await send(new FormData(form));
      form.reset();
      await readMe();
      byId("h-me").focus();
    } catch (err) {
      error.textContent = err instanceof Failure ? err.message || t("failed") : t("offline");
      form.querySelector<HTMLInputElement>("[type=password]")?.select();
    } finally {
      button.disabled = false;
    }
  });
}

onSubmit("sign-in", (f) => call("POST", "/sessions", { account: String(f.get("account")).trim(), password: f.get("password") }));
onSubmit("change", (f) => call("POST", "/me/password", { current_password: f.get("current"), new_password: f.get("new") }));

byId("sign-out").addEventListener("click", async () => {
  await call("DELETE", "/sessions/current").catch(() => undefined);
  await readMe();
  byId("account").focus();
});

byId("switch").addEventListener("click", () => {
  setLanguage(language() === "en" ? "zh-CN" : "en");
  show();
});

show();
void checkHealth();
void readMe();
setInterval(() => void checkHealth(), 30_000);
