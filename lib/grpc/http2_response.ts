import { concatBytes } from "../platform/net/bytes.ts";
import type { Header, HpackDecoder } from "./hpack.ts";

/** The default flow-control window, in both directions (RFC 9113, section 6.9.2). */
export const WINDOW_BYTES = 65_535;
/** What one answer may have in header fields, trailers included. */
export const MAX_HEADER_BYTES = 16_384;
const MAX_BODY_BYTES = 1_048_576 + 5;

/** An answer to a request: the fields of all its header blocks, trailers included, and the body. */
export interface Http2Answer {
  headers: Header[];
  body: Uint8Array;
}

/** Puts the answer to one request together, within bounds. */
export interface AnswerCollector {
  /** @throws {Error} when the block is malformed, or the answer's blocks are too large */
  addHeaders(block: Uint8Array): void;
  /**
   * Adds `bytes`, which took `frameBytes` of the window with their padding; gives how many to add to the window now.
   *
   * @throws {Error} when the body grows too large
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
      if (bodyBytes > MAX_BODY_BYTES) throw new Error(`an answer of more than ${MAX_BODY_BYTES} bytes`);
      if (bytes.length > 0) body.push(bytes.slice());
      return window.use(frameBytes);
    },
    answer: () => ({ headers, body: concatBytes(body) }),
  };
}

/** The window that a peer may fill with data. */
export interface ReceiveWindow {
  /** Counts `bytes` as received; gives how many to add to the window (WINDOW_UPDATE), 0 as long as half of it is free. */
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
