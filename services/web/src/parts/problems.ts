// What went wrong, in words.
import type { Problem } from "../api/problem";
import { t, te } from "../texts";

/** ownWords are the page's, for what it found itself. */
function ownWords(p: Problem): string | undefined {
  const key = `problem.${p.code}`;
  return !p.message && te(key) ? t(key) : undefined;
}

/** said is the sentence for a problem: the server's own words, in the page's language, or the page's. */
export function said(p: Problem): string {
  const wait = p.retryAfter ? " " + t("problem.retry_after", { seconds: p.retryAfter }) : "";
  // The server's words are its service's own: another may mean something else by the code.
  if (p.message) return p.message + wait;
  return (ownWords(p) ?? t(p.status >= 500 ? "problem.server" : "problem.unreadable")) + wait;
}

/** more says what exactly is wrong, where the sentence of said is a general one and no list of errors follows. */
export function more(p: Problem): string {
  return ownWords(p) || p.errors.length > 0 || p.detail === p.message ? "" : p.detail;
}
