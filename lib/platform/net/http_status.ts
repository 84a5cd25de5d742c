import { messageOf } from "../../errors/local_error.ts";
import type { Connect, Connection, Endpoint } from "./connection.ts";

/** The HTTP status of a GET of `path` at `endpoint`, over a connection of its own, or why there is none. */
export async function httpStatusAt(
  connect: Connect,
  endpoint: Endpoint,
  path: string,
  timeoutMs: number,
): Promise<{ status: number } | { error: string }> {
  const deadline = performance.now() + timeoutMs;
  let connection: Connection;
  try {
    connection = await connect(endpoint, timeoutMs);
  } catch (error) {
    return { error: messageOf(error) };
  }
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    connection.close();
  }, Math.max(1, deadline - performance.now()));
  try {
    const host = "path" in endpoint ? "localhost" : endpoint.host;
    const request = `GET ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`;
    await connection.write(new TextEncoder().encode(request));
    const status = await readStatus(connection);
    if (timedOut) return { error: `no response within ${timeoutMs} ms` };
    return status === null ? { error: "not an HTTP response" } : { status };
  } catch (error) {
    return { error: timedOut ? `no response within ${timeoutMs} ms` : messageOf(error) };
  } finally {
    clearTimeout(timer);
    connection.close();
  }
}

/** The status of the HTTP response on `connection`; null if it is not HTTP. */
async function readStatus(connection: Connection): Promise<number | null> {
  const STATUS_LINE_START = "HTTP/1.1 200".length;
  let text = "";
  while (text.length < STATUS_LINE_START) {
    const bytes = await connection.read();
    if (bytes === null) break;
    text += new TextDecoder().decode(bytes.subarray(0, STATUS_LINE_START));
  }
  const match = /^HTTP\/1\.[01] (\d{3})/.exec(text);
  return match === null ? null : Number(match[1]);
}
