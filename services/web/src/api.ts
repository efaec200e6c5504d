// Calls of the API of the same origin; the browser keeps the session cookie.
import { language } from "./texts";

// Failure is an answer that says what is wrong, in the language of the page.
export class Failure extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    title: string,
  ) {
    super(title);
  }
}

export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { "Accept-Language": language() };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const resp = await fetch("/api/v1" + path, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
  const text = await resp.text();
  if (!resp.ok) {
    let p: { code?: string; title?: string } = {};
    try {
      p = JSON.parse(text) as typeof p;
    } catch {
      // A proxy answered, not the API.
    }
    throw new Failure(resp.status, p.code ?? "", p.title ?? "");
  }
  return (text ? JSON.parse(text) : undefined) as T;
}
