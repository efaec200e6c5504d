// Signing in and out.
import { api, ok } from "./api/client";
import { Problem } from "./api/problem";
import { me, renewed } from "./api/session";
import { startLive, stopLive } from "./live";
import { queries } from "./queries";

/** readMe asks who is signed in; nobody is no failure. */
export async function readMe(): Promise<void> {
  try {
    me.value = await ok(api.GET("/api/v1/me"));
    startLive();
  } catch (e) {
    if (!(e instanceof Problem) || e.status !== 401) throw e;
    me.value = undefined;
  }
}

export async function signIn(account: string, password: string): Promise<void> {
  await ok(api.POST("/api/v1/sessions", { body: { account, password } }));
  const before = me.value?.id;
  me.value = await ok(api.GET("/api/v1/me"));
  if (before && before !== me.value.id) {
    // Somebody else goes on here: nothing of the one before may show.
    location.assign("/");
    return;
  }
  startLive();
  renewed(true);
}

export async function signOut(): Promise<void> {
  await api.DELETE("/api/v1/sessions/current").catch(() => undefined);
  forget();
}

/** forget drops everything of the person who was signed in. */
export function forget(): void {
  stopLive();
  me.value = undefined;
  queries.clear();
  renewed(false);
}
