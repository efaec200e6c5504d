// What went wrong, in words.
import type { Problem } from "../api/problem";
import { t, te } from "../texts";

/** said is the sentence for a problem: the server's own words, in the page's language, or the page's. */
export function said(p: Problem): string {
  const wait = p.retryAfter ? " " + t("problem.retry_after", { seconds: p.retryAfter }) : "";
  const own = `problem.${p.code}`;
  if (te(own)) return t(own) + wait;
  return (p.message || t(p.status >= 500 ? "problem.server" : "problem.unreadable")) + wait;
}

/** more says what exactly is wrong, where the sentence of said is a general one and no list of errors follows. */
export function more(p: Problem): string {
  return te(`problem.${p.code}`) || p.errors.length > 0 || p.detail === p.message ? "" : p.detail;
}
