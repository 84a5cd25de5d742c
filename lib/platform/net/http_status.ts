import { messageOf } from "../../errors/local_error.ts";
import type { Connect, Connection } from "./connection.ts";

/** The HTTP status of a GET of `path` at a TCP port, over a connection of its own, or why there is none. */
export async function httpStatusAt(
  connect: Connect,
  endpoint: { host: string; port: number },
  path: string,
  timeoutMs: number,
): Promise<{ status: number } | { error: string }> {
  const deadline = performance.now() + timeoutMs;
  let connection: Connection | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isLate = false;
  try {
    connection = await connect(endpoint, timeoutMs);
    timer = setTimeout(() => {
      isLate = true;
      connection?.close();
    }, Math.max(1, deadline - performance.now()));
    const request = `GET ${path} HTTP/1.1\r\nhost: ${endpoint.host}\r\nconnection: close\r\n\r\n`;
    await connection.write(new TextEncoder().encode(request));
    return { status: await readStatus(connection) };
  } catch (error) {
    return { error: isLate ? `no response within ${timeoutMs} ms` : messageOf(error) };
  } finally {
    clearTimeout(timer);
    connection?.close();
  }
}

/** The status of the HTTP response on `connection`. @throws {Error} if it is not HTTP */
async function readStatus(connection: Connection): Promise<number> {
  const STATUS_LINE_START = "HTTP/1.1 200".length;
  let text = "";
  while (text.length < STATUS_LINE_START) {
    const bytes = await connection.read();
    if (bytes === null) break;
    text += new TextDecoder().decode(bytes.subarray(0, STATUS_LINE_START));
  }
  const match = /^HTTP\/1\.[01] (\d{3})/.exec(text);
  if (match === null) throw new Error("not an HTTP response");
  return Number(match[1]);
}
