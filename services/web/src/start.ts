// The start page: how the server does, and who is signed in.
import { call, Failure } from "./api";
import { language, setLanguage, t, translate } from "./texts";

interface Me {
  name: string;
  unit_name: string;
  grants: { role: string; unit_name: string }[];
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
  byId("me-unit").textContent = me.unit_name;
  byId("me-roles").textContent = me.grants.map((g) => `${t(`role.${g.role}`)} · ${g.unit_name}`).join(", ") || t("no_roles");
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

byId<HTMLFormElement>("sign-in").addEventListener("submit", async (e) => {
  e.preventDefault();
  const form = e.currentTarget as HTMLFormElement;
  const button = form.querySelector("button")!;
  const error = byId("error");
  const account = byId<HTMLInputElement>("account");
  const password = byId<HTMLInputElement>("password");
  error.textContent = "";
  if (!account.value.trim() || !password.value) {
    error.textContent = t("need_both");
    (account.value.trim() ? password : account).focus();
    return;
  }
  button.disabled = true;
  button.textContent = t("submitting");
  try {
    await call("POST", "/sessions", { account: account.value.trim(), password: password.value });
    password.value = "";
    await readMe();
    byId("h-me").focus();
  } catch (err) {
    error.textContent = err instanceof Failure ? err.message || t("failed") : t("offline");
    password.focus();
    password.select();
  } finally {
    button.disabled = false;
    button.textContent = t("submit");
  }
});

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
