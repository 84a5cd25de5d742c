import type { HttpResponse } from "../core/http1.ts";
import type { Host } from "../system/host.ts";
import { askSupervisor, SILENCE_MS } from "./control_client.ts";
import type { StartRequest } from "./control_api.ts";

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
 */
export async function askPatiently(
  host: Host,
  home: string,
  request: { method: "GET" | "POST"; path: string; body?: unknown },
  timeoutMs: number,
): Promise<LongAnswer> {
  const { method, path, body } = request;
  const first = await askSupervisor(host, home, method, path, { body, timeoutMs: Math.min(SILENCE_MS, timeoutMs) });
  if (first.kind !== "silent") return first;
  const sign = await askSupervisor(host, home, "GET", "/healthz");
  if (sign.kind !== "answer") return sign;
  const answer = await askSupervisor(host, home, method, path, {
    body,
    timeoutMs: Math.max(1, timeoutMs - 2 * SILENCE_MS),
  });
  return answer.kind === "silent" ? { kind: "late" } : answer;
}

/** {@linkcode askPatiently} for `POST /start`. */
export function askStart(host: Host, home: string, request: StartRequest, timeoutMs: number): Promise<LongAnswer> {
  return askPatiently(host, home, { method: "POST", path: "/start", body: request }, timeoutMs);
}

/** Whether the answer is that of a supervisor which is about to be gone; the question is to be asked again then. */
export function isLeaving(response: HttpResponse): boolean {
  return response.status === 409 && response.body.includes('"leaving":true');
}
