import { createHuffmanDecoder } from "./hpack_huffman.ts";

/** A header field: lower-case name, value. */
export type Header = readonly [name: string, value: string];

/** Entries 8 … 14 of the static table (RFC 7541, appendix A), the only ones whose value is needed. */
const STATUS_VALUES = ["200", "204", "206", "304", "400", "404", "500"];
const STATIC_ENTRIES = 61;

/**
 * Encodes header fields as literals without indexing and without Huffman codes (RFC 7541, section 6.2.2): stateless, at
 * the cost of some 200 bytes per request on the loopback.
 *
 * @throws {Error} if a name or value contains anything but printable ASCII
 */
export function encodeHeaders(headers: readonly Header[]): Uint8Array {
  const bytes: number[] = [];
  for (const [name, value] of headers) {
    bytes.push(0);
    for (const text of [name, value]) {
      if (!/^[ -~]*$/.test(text)) throw new Error(`Cannot send header '${name}': not printable ASCII`);
      pushInteger(bytes, text.length);
      for (let i = 0; i < text.length; i++) bytes.push(text.charCodeAt(i));
    }
  }
  return Uint8Array.from(bytes);
}

function pushInteger(bytes: number[], value: number): void {
  bytes.push(Math.min(value, 127));
  if (value < 127) return;
  let rest = value - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push(rest % 128 + 128);
  bytes.push(rest);
}

/**
 * A decoder for a connection whose SETTINGS allow the peer a dynamic table of size 0. Added entries are then evicted at
 * once (RFC 7541, section 4.4), so its only state is the Huffman tables, built for the first coded string. Huffman
 * coding is needed because Go's encoder uses it for `grpc-status` and `grpc-message`.
 *
 * The function that it returns gives the fields of one complete header block. A name from the static table is reported as
 * `static-N`, unless it is `:status`.
 *
 * @throws {Error} (the function) if the block is malformed or refers to the dynamic table
 */
export function createHpackDecoder(): (block: Uint8Array) => Header[] {
  let decodeHuffman: ReturnType<typeof createHuffmanDecoder> | null = null;

  return (block) => {
    let at = 0;
    const integer = (prefixBits: number): number => {
      const mask = 2 ** prefixBits - 1;
      let value = byteAt(block, at++) & mask;
      if (value < mask) return value;
      for (let factor = 1;; factor *= 128) {
        const byte = byteAt(block, at++);
        value += (byte & 127) * factor;
        if (value > 0xffffff) throw new Error("Cannot decode a header: number too large");
        if (byte < 128) return value;
        if (factor > 0xffffff) throw new Error("Cannot decode a header: number too long");
      }
    };
    const text = (): string => {
      const isCoded = byteAt(block, at) >= 128;
      const size = integer(7);
      if (at + size > block.length) throw new Error("Cannot decode a header: string ends outside the block");
      const bytes = block.subarray(at, at += size);
      return latin1(isCoded ? (decodeHuffman ??= createHuffmanDecoder())(bytes) : bytes);
    };

    const headers: Header[] = [];
    while (at < block.length) {
      const first = byteAt(block, at);
      if (first >= 128) {
        const index = integer(7);
        headers.push([staticName(index), STATUS_VALUES[index - 8] ?? ""]);
      } else if (first >= 64 || first < 32) {
        const index = integer(first >= 64 ? 6 : 4);
        const name = index === 0 ? text() : staticName(index);
        headers.push([name, text()]);
      } else if (integer(5) !== 0) {
        throw new Error("Cannot decode a header: dynamic table larger than allowed");
      }
    }
    return headers;
  };
}

function byteAt(block: Uint8Array, at: number): number {
  const byte = block[at];
  if (byte === undefined) throw new Error("Cannot decode a header: block ends inside a field");
  return byte;
}

function staticName(index: number): string {
  if (index === 0 || index > STATIC_ENTRIES) throw new Error(`Cannot decode a header: no table entry ${index}`);
  return index >= 8 && index <= 14 ? ":status" : `static-${index}`;
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
