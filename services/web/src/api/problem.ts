// What went wrong, as the API says it (RFC 9457), or as the page finds it.
interface Wrong {
  status: number;
  code: string;
  title?: string;
  detail?: string;
  errors?: { location?: string; message?: string }[];
  current?: unknown;
  retryAfter?: number;
}

/** Problem is thrown by every call that fails. */
export class Problem extends Error {
  readonly status: number;
  /** Stable; `offline` when no answer came. */
  readonly code: string;
  /** What is wrong here and how to mend it, in the page's language; may be empty. */
  readonly detail: string;
  readonly errors: { field: string; message: string }[];
  /** What the resource is now, where somebody else has changed it (412). */
  readonly current: unknown;
  /** Seconds to wait before trying again, where the server says so. */
  readonly retryAfter: number | undefined;

  constructor(w: Wrong) {
    super(w.title ?? "");
    this.status = w.status;
    this.code = w.code;
    this.detail = w.detail ?? "";
    this.errors = (w.errors ?? []).map((e) => ({ field: e.location ?? "", message: e.message ?? "" }));
    this.current = w.current;
    this.retryAfter = w.retryAfter;
  }

  /** Whether no answer came: the command may or may not have been carried out. */
  get unanswered(): boolean {
    return this.status === 0 || this.status >= 500;
  }
}

/** lostRace tells whether it failed because somebody else has changed the thing since it was read: nothing was saved, and it goes through at the version that is there now. */
export function lostRace(e: unknown): boolean {
  return e instanceof Problem && (e.status === 412 || (e.status === 409 && e.code === "changed_meanwhile"));
}

/** problemOf reads a failed answer; a proxy in between may not answer as the API does. */
export function problemOf(response: Response, body: unknown): Problem {
  const b = typeof body === "object" && body !== null ? (body as Partial<Wrong>) : {};
  const wait = Number(response.headers.get("Retry-After"));
  return new Problem({
    ...b,
    status: response.status,
    code: b.code ?? "unreadable",
    ...(wait > 0 ? { retryAfter: wait } : {}),
  });
}

/** asProblem is for catch: what is no Problem is a fault of the page. */
export function asProblem(e: unknown): Problem {
  if (e instanceof Problem) return e;
  console.error(e);
  return new Problem({ status: 0, code: "page_fault" });
}
