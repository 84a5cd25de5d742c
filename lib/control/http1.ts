/** A complete HTTP/1.1 response of the control API. */
export interface HttpResponse {
  status: number;
  body: string;
}

/** Encodes a request with `connection: close`. */
export function encodeRequest(method: "GET" | "POST", path: string, body?: string): Uint8Array {
  const encoder = new TextEncoder();
  const payload = encoder.encode(body ?? "");
  const head = encoder.encode(
    `${method} ${path} HTTP/1.1\r\nhost: stigmer-local\r\nconnection: close\r\n` +
      (body === undefined ? "" : `content-type: application/json\r\ncontent-length: ${payload.length}\r\n`) + "\r\n",
  );
  const request = new Uint8Array(head.length + payload.length);
  request.set(head);
  request.set(payload, head.length);
  return request;
}

/**
 * Decodes a response from the bytes received so far; null while it is incomplete. `ended`: the connection is at its
 * end.
 *
 * @throws {Error} if the bytes are not a response, or end early
 */
export function decodeResponse(bytes: Uint8Array, ended: boolean): HttpResponse | null {
  const headEnd = indexOfBlankLine(bytes);
  if (headEnd < 0) {
    if (ended) throw new Error("The response ended within its header");
    return null;
  }
  const decoder = new TextDecoder();
  const [statusLine = "", ...headerLines] = decoder.decode(bytes.subarray(0, headEnd)).split("\r\n");
  const match = /^HTTP\/1\.[01] (\d{3})\b/.exec(statusLine);
  if (match === null) throw new Error("The response is not HTTP");
  const headers = new Map(headerLines.map((line) => {
    const at = line.indexOf(":");
    return [line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim().toLowerCase()];
  }));
  const status = Number(match[1]);
  const rest = bytes.subarray(headEnd + 4);

  if (headers.get("transfer-encoding") === "chunked") {
    const body = decodeChunks(rest);
    if (body === null && ended) throw new Error("The response was truncated");
    return body === null ? null : { status, body };
  }
  const length = headers.get("content-length");
  if (length === undefined) return ended ? { status, body: decoder.decode(rest) } : null;
  if (rest.length >= Number(length)) return { status, body: decoder.decode(rest.subarray(0, Number(length))) };
  if (ended) throw new Error("The response was truncated");
  return null;
}

function indexOfBlankLine(bytes: Uint8Array): number {
  for (let at = 0; at + 3 < bytes.length; at++) {
    if (bytes[at] === 13 && bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10) return at;
  }
  return -1;
}

function decodeChunks(bytes: Uint8Array): string | null {
  const decoder = new TextDecoder();
  let body = "";
  let at = 0;
  for (;;) {
    const lineEnd = bytes.indexOf(13, at);
    if (lineEnd < 0 || lineEnd + 1 >= bytes.length) return null;
    const digits = /^[\da-f]{1,8}(?=[; \t]|$)/i.exec(new TextDecoder().decode(bytes.subarray(at, lineEnd)));
    if (digits === null) throw new Error("The response has a chunk without a size");
    const size = parseInt(digits[0], 16);
    if (size === 0) return body + decoder.decode();
    const start = lineEnd + 2;
    if (start + size + 2 > bytes.length) return null;
    body += decoder.decode(bytes.subarray(start, start + size), { stream: true });
    at = start + size + 2;
  }
}
