import { concatBytes } from "../platform/net/bytes.ts";
import type { Header, HpackDecoder } from "./hpack.ts";

/** The default flow-control window, in both directions (RFC 9113, section 6.9.2). */
export const WINDOW_BYTES = 65_535;
/** Maximum size of the header fields of one response, trailers included. */
export const MAX_HEADER_BYTES = 16_384;
const MAX_BODY_BYTES = 1_048_576 + 5;

/** A response: the fields of all its header blocks, trailers included, and the body. */
export interface Http2Answer {
  headers: Header[];
  body: Uint8Array;
}

/** Collects the response to one request, within limits. */
export interface AnswerCollector {
  /** @throws {Error} if the block is malformed, or the response's blocks are too large */
  addHeaders(block: Uint8Array): void;
  /**
   * Adds `bytes`, which took `frameBytes` of the window with their padding. Returns the size of the WINDOW_UPDATE to
   * send.
   *
   * @throws {Error} if the body is too large
   */
  addData(bytes: Uint8Array, frameBytes: number): number;
  answer(): Http2Answer;
}

/** A collector for one request. */
export function createAnswerCollector(hpack: HpackDecoder): AnswerCollector {
  const headers: Header[] = [];
  const body: Uint8Array[] = [];
  const window = createReceiveWindow();
  let headerBytes = 0;
  let bodyBytes = 0;

  return {
    addHeaders(block) {
      headerBytes += block.length;
      if (headerBytes > MAX_HEADER_BYTES) throw new Error(`header fields of more than ${MAX_HEADER_BYTES} bytes`);
      headers.push(...hpack.decode(block));
    },
    addData(bytes, frameBytes) {
      bodyBytes += bytes.length;
      if (bodyBytes > MAX_BODY_BYTES) throw new Error(`a response of more than ${MAX_BODY_BYTES} bytes`);
      if (bytes.length > 0) body.push(bytes.slice());
      return window.use(frameBytes);
    },
    answer: () => ({ headers, body: concatBytes(body) }),
  };
}

/** The flow-control window for received data. */
export interface ReceiveWindow {
  /** Counts `bytes` as received. Returns the size of the WINDOW_UPDATE to send, 0 while half of the window is free. */
  use(bytes: number): number;
}

/** A window of the default size. */
export function createReceiveWindow(): ReceiveWindow {
  let used = 0;
  return {
    use(bytes) {
      used += bytes;
      if (used <= WINDOW_BYTES / 2) return 0;
      const given = used;
      used = 0;
      return given;
    },
  };
}
