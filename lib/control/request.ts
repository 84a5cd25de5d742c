import type { Host } from "../platform/runtime/host.ts";
import type { StartRequest } from "./api.ts";
import { askSupervisor, SILENCE_MS } from "./client.ts";
import type { HttpResponse } from "./http1.ts";

/** What a supervisor that may be there answered to a request that can take long. */
export type LongAnswer =
  | { kind: "answer"; response: HttpResponse }
  /** Nobody listens. */
  | { kind: "absent" }
  /** Somebody has the socket and says nothing. */
  | { kind: "silent" }
  /** It answers, but what was asked for did not happen in time. */
  | { kind: "late" };

/**
 * Asks for something that may take as long as Temporal takes. Silence for a second says that the supervisor is either
 * waiting with us or unresponsive; a question that it can answer at once tells which.
 *
 * The request is sent once and its connection kept: a `restart` that is sent twice restarts twice, and a supervisor
 * that leaves after a `stop` answers those who still listen.
 */
export async function askPatiently(
  host: Host,
  home: string,
  request: { method: "GET" | "POST"; path: string; body?: unknown },
  timeoutMs: number,
): Promise<LongAnswer> {
  const { method, path, body } = request;
  const abandon = new AbortController();
  const asked = askSupervisor(host, home, method, path, { body, timeoutMs, signal: abandon.signal });
  const early = await within(host, asked, SILENCE_MS);
  if (early !== null && early.kind !== "silent") return early;
  const sign = await askSupervisor(host, home, "GET", "/healthz");
  if (sign.kind === "answer") {
    const answer = await asked;
    return answer.kind === "silent" ? { kind: "late" } : answer;
  }
  // Nobody new is let in by one that leaves; those that it let in before get their answer.
  const last = await within(host, asked, sign.kind === "absent" ? SILENCE_MS : 0);
  abandon.abort();
  return last === null || last.kind === "silent" ? sign : last;
}

/** What `promise` gives within `ms`, else null. */
export function within<T>(host: Host, promise: Promise<T>, ms: number): Promise<T | null> {
  return new Promise((resolve, reject) => {
    let cancel = () => {};
    promise.then(resolve, reject).finally(() => cancel());
    cancel = host.after(ms, () => resolve(null));
  });
}

/** {@linkcode askPatiently} for `POST /start`. */
export function askStart(host: Host, home: string, request: StartRequest, timeoutMs: number): Promise<LongAnswer> {
  return askPatiently(host, home, { method: "POST", path: "/start", body: request }, timeoutMs);
}

/** Whether the answer is that of a supervisor which is about to be gone; the question is to be asked again then. */
export function isLeaving(response: HttpResponse): boolean {
  return response.status === 409 && response.body.includes('"leaving":true');
}
