/** A complete HTTP/1.1 response of the control API. */
export interface HttpResponse {
  status: number;
  body: string;
}

/** Encodes a request with `connection: close`. */
export function encodeRequest(method: "GET" | "POST", path: string, body?: string): Uint8Array {
  const encoder = new TextEncoder();
  const described = body === undefined
    ? ""
    : `content-type: application/json\r\ncontent-length: ${encoder.encode(body).length}\r\n`;
  const head = `${method} ${path} HTTP/1.1\r\nhost: stigmer-local\r\nconnection: close\r\n${described}\r\n`;
  return encoder.encode(head + (body ?? ""));
}

/**
 * Decodes a response from the bytes received so far; null while it is incomplete. `ended`: the connection is at its
 * end. Both servers of the control API tell the length of a body, but for events, which are not read this way.
 *
 * @throws {Error} if the bytes are not a response, or end early
 */
export function decodeResponse(bytes: Uint8Array, ended: boolean): HttpResponse | null {
  const text = new TextDecoder().decode(bytes); // the head is ASCII: a character for each byte
  const headEnd = text.indexOf("\r\n\r\n");
  if (headEnd >= 0) {
    const head = text.slice(0, headEnd);
    const status = /^HTTP\/1\.[01] (\d{3})\b/.exec(head);
    if (status === null) throw new Error("The response is not HTTP");
    const rest = bytes.subarray(headEnd + 4);
    const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? (ended ? rest.length : Infinity));
    const body = rest.subarray(0, length);
    if (body.length === length) return { status: Number(status[1]), body: new TextDecoder().decode(body) };
  }
  if (ended) throw new Error("The response was truncated");
  return null;
}
