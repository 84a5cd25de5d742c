import { type Failure, fromFailure, isFailure } from "../errors/failure.ts";
import { systemErrorCode } from "../errors/local_error.ts";
import { CONTROL_SOCKET_NAME } from "../instance/paths.ts";
import type { Status } from "../instance/status/status.ts";
import { concatBytes } from "../platform/net/bytes.ts";
import type { Connection } from "../platform/net/connection.ts";
import { socketPath } from "../platform/net/socket_path.ts";
import type { Host } from "../platform/runtime/host.ts";
import { isObject } from "../text/json_value.ts";
import { decodeResponse, encodeRequest, type HttpResponse } from "./http1.ts";

/** A supervisor that does not respond for this long counts as unresponsive, in ms. */
export const SILENCE_MS = 1000;

/**
 * The outcome of a request to the supervisor. `absent`: the socket has no listener. `silent`: connected, but no
 * response in time, which does not prove that a supervisor is running (a listener leaked to a child process accepts
 * too): its lock does.
 */
export type Answer = { kind: "answer"; response: HttpResponse } | { kind: "absent" } | { kind: "silent" };

/** Errors of connect(2) when there is no listener: the path is missing or no socket, or the listener just exited. */
const NOT_LISTENING: readonly string[] = [
  ...["ENOENT", "ECONNREFUSED", "ENOTSOCK", "ENOTDIR", "EACCES", "ELOOP", "EPROTOTYPE"],
  ...["ECONNRESET", "EPIPE"],
];

/**
 * Sends a request to the supervisor of the instance at `home`.
 *
 * `silent` if there is no response within `timeoutMs`, or when `signal` aborts.
 */
export async function askSupervisor(
  host: Host,
  home: string,
  method: "GET" | "POST",
  path: string,
  options: { body?: unknown; timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<Answer> {
  const timeoutMs = options.timeoutMs ?? SILENCE_MS;
  const socket = await socketPath(home, CONTROL_SOCKET_NAME, host.platform);
  let connection: Connection;
  try {
    connection = await host.connect({ path: socket.path }, timeoutMs);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "ETIMEDOUT" || code === "EAGAIN") return { kind: "silent" };
    if (!NOT_LISTENING.includes(code ?? "")) throw error;
    return { kind: "absent" };
  } finally {
    socket.close();
  }
  if (options.signal?.aborted) {
    connection.close();
    return { kind: "silent" };
  }
  let late = false;
  const giveUp = () => {
    late = true;
    connection.close();
  };
  const cancel = host.after(timeoutMs, giveUp);
  options.signal?.addEventListener("abort", giveUp);
  try {
    const body = options.body === undefined ? undefined : JSON.stringify(options.body);
    await connection.write(encodeRequest(method, path, body));
    return { kind: "answer", response: await readResponse(connection) };
  } catch {
    return { kind: late ? "silent" : "absent" }; // a broken connection: the supervisor is exiting, or was killed
  } finally {
    cancel();
    options.signal?.removeEventListener("abort", giveUp);
    connection.close();
  }
}

async function readResponse(connection: Connection): Promise<HttpResponse> {
  let received: Uint8Array = new Uint8Array(0);
  for (;;) {
    const chunk = await connection.read();
    if (chunk !== null) received = concatBytes([received, chunk]);
    const response = decodeResponse(received, chunk === null);
    if (response !== null) return response;
  }
}

/** The status in an answer of the control API. */
export function readStatus(response: HttpResponse): Status {
  return JSON.parse(response.body) as Status;
}

/** The failure in an answer of the control API whose status is not 2xx. */
export function readFailure(response: HttpResponse): Failure {
  const parsed: unknown = JSON.parse(response.body);
  const failure = isObject(parsed) ? parsed["error"] : null;
  return isFailure(failure)
    ? failure
    : { code: "internal", message: `The supervisor responded with HTTP status ${response.status}` };
}

/**
 * The status in `response`.
 *
 * @throws {LocalError} the failure that the supervisor reported
 */
export function statusOrThrow(response: HttpResponse): Status {
  if (response.status >= 400) throw fromFailure(readFailure(response));
  return readStatus(response);
}
