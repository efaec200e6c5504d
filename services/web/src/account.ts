// Signing in and out.
import { api, ok } from "./api/client";
import { Problem } from "./api/problem";
import { leaving, me, renewed, type Me } from "./api/session";
import { startLive, stopLive } from "./live";
import { queries } from "./queries";
import { recall, remember } from "./texts";

const stored = "duban.me";

/** readMe asks who is signed in; nobody is no failure. */
export async function readMe(): Promise<void> {
  try {
    me.value = await ok(api.GET("/api/v1/me"));
    remember(stored, JSON.stringify(me.value));
    startLive();
  } catch (e) {
    if (e instanceof Problem && e.unanswered) {
      // Without a network whoever was signed in here goes on with what is kept;
      // the server decides once it answers again.
      const last = recall(stored);
      if (last) me.value = JSON.parse(last) as Me;
      return;
    }
    if (!(e instanceof Problem) || e.status !== 401) throw e;
    remember(stored, "");
    me.value = undefined;
  }
}

let setUp = false;

/** setUpNeeded tells whether the installation has to be set up first; undefined where the server does not say. */
export async function setUpNeeded(): Promise<boolean | undefined> {
  if (setUp) return false;
  try {
    const { needed } = await ok(api.GET("/api/v1/setup"));
    setUp = !needed;
    return needed;
  } catch {
    return undefined;
  }
}

export async function signIn(account: string, password: string): Promise<void> {
  await ok(api.POST("/api/v1/sessions", { body: { account, password } }));
  const before = me.value?.id;
  me.value = await ok(api.GET("/api/v1/me"));
  remember(stored, JSON.stringify(me.value));
  if (before && before !== me.value.id) {
    // Somebody else goes on here: nothing of the one before may show.
    location.assign("/");
    return;
  }
  startLive();
  renewed(true);
}

export async function signOut(): Promise<void> {
  await leaving();
  await api.DELETE("/api/v1/sessions/current").catch(() => undefined);
  forget();
}

// In another window somebody else has signed in: the session is theirs now, and
// nothing of the one before may show or be sent here.
if (typeof window !== "undefined") {
  window.addEventListener("storage", (e) => {
    if (e.key !== stored || !e.newValue || !me.value) return;
    if ((JSON.parse(e.newValue) as Me).id !== me.value.id) location.assign("/");
  });
}

/** forget drops everything of the person who was signed in. */
export function forget(): void {
  void leaving();
  stopLive();
  remember(stored, "");
  me.value = undefined;
  queries.clear();
  renewed(false);
}
