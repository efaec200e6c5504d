// Files on their way to the server: several at once, each with its progress,
// paused and resumed by hand or by the network, also after the page was closed.
import { reactive } from "vue";
import type { Upload } from "tus-js-client";
import { newKey } from "../api/client";
import { me, signInAgain } from "../api/session";
import { dropUpload, isKept, keepUpload, keptUploads, type StoredUpload } from "./store";
import { inTurn } from "./turns";

/** Sending is one file as the page shows it. */
export interface Sending {
  key: string;
  place: string;
  name: string;
  size: number;
  sent: number;
  state: "waiting" | "sending" | "paused" | "failed";
  /** Key of the text that says why it failed. */
  why?: string;
}

export const sendings = reactive<Sending[]>([]);

const atOnce = 3;
const chunk = 2 << 20;
const running = new Map<string, Upload>();
const stops = new Map<string, () => void>();
const stored = new Map<string, StoredUpload>();
type Arrived = (place: string, fileId: string) => Promise<void>;
let handler: Arrived | undefined;

/** arriving says what becomes of a file once the server has it. */
export function arriving(act: Arrived): void {
  handler = act;
}

/** send keeps files on the device and starts sending them. */
export async function send(place: string, unit: string, files: Iterable<File>): Promise<void> {
  for (const file of files) {
    const u: StoredUpload = { key: newKey(), owner: me.value?.id ?? "", place, unit, name: file.name, file };
    await keepUpload(u);
    enlist(u);
  }
  next();
}

/** resumeSending goes on with what an earlier visit left, or another window, and with what had no line. */
export async function resumeSending(): Promise<void> {
  for (const u of await keptUploads(me.value?.id ?? "", "")) enlist(u);
  for (const s of sendings) if (s.state === "failed" && (s.why === "upload.offline" || s.why === "upload.failed" || s.why === "upload.unclaimed" || s.why === "upload.not_attached")) resume(s);
  next();
}

/** stopSending is for when somebody else goes on at this device; what was on its way stays kept. */
export function stopSending(): void {
  for (const key of [...running.keys()]) stop(key);
  stored.clear();
  sendings.splice(0);
}

export function pause(s: Sending): void {
  stop(s.key);
  s.state = "paused";
  next();
}

export function resume(s: Sending): void {
  s.state = "waiting";
  delete s.why;
  next();
}

export async function giveUp(s: Sending): Promise<void> {
  stop(s.key);
  await end(s);
}

function stop(key: string): void {
  void running.get(key)?.abort();
  running.delete(key);
  stops.get(key)?.();
}

function enlist(u: StoredUpload): void {
  if (sendings.some((s) => s.key === u.key)) return;
  stored.set(u.key, u);
  sendings.push({ key: u.key, place: u.place, name: u.name, size: u.file.size, sent: 0, state: "waiting" });
}

function next(): void {
  for (const s of sendings) {
    if (sendings.filter((x) => x.state === "sending").length >= atOnce) return;
    if (s.state !== "waiting") continue;
    s.state = "sending";
    // One window sends a file; another that knows of it waits, and finds it gone.
    void inTurn(`upload.${s.key}`, () => start(s)).catch(() => fail(s, "upload.failed"));
  }
}

async function end(s: Sending): Promise<void> {
  running.delete(s.key);
  stored.delete(s.key);
  await dropUpload(s.key);
  const i = sendings.findIndex((x) => x.key === s.key);
  if (i >= 0) sendings.splice(i, 1);
  next();
}

function fail(s: Sending, why: string): void {
  running.delete(s.key);
  s.state = "failed";
  s.why = why;
  next();
}

async function arrived(s: Sending, fileId: string): Promise<void> {
  s.sent = s.size;
  if (!handler) return fail(s, "upload.unclaimed");
  try {
    await handler(s.place, fileId);
    await end(s);
  } catch {
    fail(s, "upload.not_attached");
  }
}

/** purpose names the requirement of an assignment that a file is for: it may allow what others do not. */
function purpose(place: string): Record<string, string> {
  const [assignment, requirement, ...more] = place.split("/");
  return assignment && /^[0-9a-f-]{36}$/.test(assignment) && requirement && !more.length ? { assignment_id: assignment, requirement_id: requirement } : {};
}

/** start sends a file; it ends when nothing more comes of this try. */
async function start(s: Sending): Promise<void> {
  const u = stored.get(s.key);
  if (!u || s.state !== "sending") return;
  if (!(await isKept(u.key))) return end(s);
  // Without a line its script may not be here either.
  const tus = await import("tus-js-client").catch(() => undefined);
  if (!tus) return fail(s, "upload.offline");
  const { Upload, DetailedError } = tus;
  let fileId: string | undefined;
  let over: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (over = resolve));
  const upload = new Upload(u.file as File, {
    endpoint: "/api/v1/uploads",
    ...(u.url ? { uploadUrl: u.url } : {}),
    metadata: { filename: u.name, unit_id: u.unit, client_id: u.key, ...purpose(u.place) },
    chunkSize: chunk,
    retryDelays: [500, 2000, 5000, 10_000, 20_000],
    storeFingerprintForResuming: false,
    onUploadUrlAvailable: () => {
      if (upload.url) void keepUpload(Object.assign(u, { url: upload.url }));
    },
    onProgress: (sent) => (s.sent = sent),
    onAfterResponse: (_request, response) => {
      fileId ??= response.getHeader("Duban-File-Id") ?? undefined;
    },
    onSuccess: () => {
      if (fileId) void arrived(s, fileId).finally(over);
      else {
        over();
        fail(s, "upload.failed");
      }
    },
    onError: (e) => {
      const status = e instanceof DetailedError ? (e.originalResponse?.getStatus() ?? 0) : 0;
      running.delete(s.key);
      // The answer that said it is finished was lost, and is known from another.
      if (fileId) return void arrived(s, fileId).finally(over);
      over();
      if (status === 401) {
        return void signInAgain().then((again) => {
          if (!again) return fail(s, "upload.failed");
          s.state = "waiting";
          next();
        });
      }
      fail(s, status === 413 ? "upload.too_large" : status === 415 ? "upload.wrong_type" : status === 422 ? "upload.empty" : status === 0 ? "upload.offline" : "upload.failed");
    },
  });
  running.set(s.key, upload);
  stops.set(s.key, over);
  upload.start();
  await ended;
  stops.delete(s.key);
}
