// Calls of the API, with the types of api/openapi.yaml. The browser keeps the
// session cookie. A call that meets an expired session waits until its person
// has signed in again, and then goes on: nothing typed is lost.
import createClient from "openapi-fetch";
import { language } from "../texts";
import { Problem, problemOf } from "./problem";
import type { components, paths } from "./schema.gen";
import { signInAgain } from "./session";

export type Schemas = components["schemas"];

/** newKey makes the Idempotency-Key of one command. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

/** etag is the If-Match of a version the page has shown. */
export const etag = (version: number): string => `"${version}"`;

async function send(request: Request): Promise<Response> {
  for (;;) {
    let answer: Response;
    try {
      answer = await fetch(request.clone());
    } catch {
      throw new Problem({ status: 0, code: "offline" });
    }
    const signingIn = request.method === "POST" && new URL(request.url).pathname.endsWith("/api/v1/sessions");
    if (answer.status !== 401 || signingIn || !(await signInAgain())) return answer;
  }
}

const client = createClient<paths>({ baseUrl: "", fetch: send, querySerializer: { array: { style: "form", explode: false } } });

client.use({
  onRequest({ request }) {
    request.headers.set("Accept-Language", language());
    return request;
  },
});

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** ok hands over what a call answered, and throws a Problem when it failed. */
export async function ok<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw problemOf(response, error);
  return data as T;
}

/** api has a method per HTTP method: ok(api.GET("/api/v1/me")). */
export const api = client;
