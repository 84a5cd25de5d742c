import { concatBytes } from "../platform/net/bytes.ts";
import type { Header } from "./hpack.ts";

/** Maximum size of the header fields of one response, trailers included. */
export const MAX_HEADER_BYTES = 16_384;
/** Maximum size of its body. */
export const MAX_BODY_BYTES = 1_048_576 + 5;

/** A response: the fields of all its header blocks, trailers included, and the body. */
export interface Http2Answer {
  headers: Header[];
  body: Uint8Array;
}

/** Collects the response to one request, within limits. */
export class AnswerCollector {
  readonly #headers: Header[] = [];
  readonly #body: Uint8Array[] = [];
  #headerBytes = 0;
  #bodyBytes = 0;

  /**
   * Adds the fields of a block of `sizeBytes`.
   *
   * @throws {Error} if the response's blocks are too large
   */
  addHeaders(fields: readonly Header[], sizeBytes: number): void {
    this.#headerBytes += sizeBytes;
    if (this.#headerBytes > MAX_HEADER_BYTES) throw new Error(`header fields of more than ${MAX_HEADER_BYTES} bytes`);
    this.#headers.push(...fields);
  }

  /** @throws {Error} if the body is too large */
  addData(bytes: Uint8Array): void {
    this.#bodyBytes += bytes.length;
    if (this.#bodyBytes > MAX_BODY_BYTES) throw new Error(`a response of more than ${MAX_BODY_BYTES} bytes`);
    if (bytes.length > 0) this.#body.push(bytes.slice());
  }

  answer(): Http2Answer {
    return { headers: this.#headers, body: concatBytes(this.#body) };
  }
}
