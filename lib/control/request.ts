import type { Host } from "../platform/runtime/host.ts";
import { type Answer, askSupervisor, SILENCE_MS } from "./client.ts";
import type { HttpResponse } from "./http1.ts";

/** A request of the control API. */
export interface ControlRequest {
  method: "GET" | "POST";
  path: string;
  body?: unknown;
}

/**
 * The outcome of a long request to a supervisor. `late`: it responds, but did not complete the request in time. One that
 * refuses the request because it is exiting is `absent`, too: the caller must ask its successor.
 */
export type LongAnswer = Answer | { kind: "late" };

/** How often a supervisor that works on a request is asked whether it still responds, in ms. */
const LOOK_AGAIN_MS = 2 * SILENCE_MS;

/**
 * Sends a request that may take as long as Temporal does. After a second without a response, and every other second from
 * then on, `GET /healthz` tells whether the supervisor is still working on it or unresponsive.
 *
 * Sends the request once and keeps the connection: a `restart` sent twice would restart twice, and an exiting
 * supervisor still answers open connections.
 */
export async function askLong(
  host: Host,
  home: string,
  { method, path, body }: ControlRequest,
  timeoutMs: number,
): Promise<LongAnswer> {
  const abandon = new AbortController();
  const asked = askSupervisor(host, home, method, path, { body, timeoutMs, signal: abandon.signal })
    .then((answer): Answer => answer.kind === "answer" && isLeaving(answer.response) ? { kind: "absent" } : answer);
  const early = await within(host, asked, SILENCE_MS);
  if (early !== null && early.kind !== "silent") return early;
  const look = () => askSupervisor(host, home, "GET", "/healthz");
  let sign = await look();
  while (sign.kind === "answer") {
    const answer = await within(host, asked, LOOK_AGAIN_MS);
    if (answer !== null) return answer.kind === "silent" ? { kind: "late" } : answer;
    sign = await look(); // it may have hung since
    if (sign.kind === "silent") sign = await look(); // not if this command was stopped meanwhile (Ctrl-Z)
  }
  // An exiting supervisor accepts no new connection, but still answers open ones.
  const last = await within(host, asked, sign.kind === "absent" ? SILENCE_MS : 0);
  abandon.abort();
  return last === null || last.kind === "silent" ? sign : last;
}

/** The value of `promise`, or null if it does not settle within `ms`. */
export function within<T>(host: Host, promise: Promise<T>, ms: number): Promise<T | null> {
  return new Promise((resolve, reject) => {
    let cancel = () => {};
    promise.then(resolve, reject).finally(() => cancel());
    cancel = host.after(ms, () => resolve(null));
  });
}

function isLeaving(response: HttpResponse): boolean {
  return response.status === 409 && response.body.includes('"leaving":true');
}
