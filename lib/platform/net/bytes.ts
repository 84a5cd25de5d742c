/** Concatenates byte arrays. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** `value` as four bytes, big-endian. */
export function uint32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

/** The four bytes at `offset` as a big-endian number; missing bytes count as 0. */
export function readUint32(bytes: Uint8Array, offset: number): number {
  const at = (i: number) => bytes[offset + i] ?? 0;
  return at(0) * 0x1000000 + (at(1) << 16) + (at(2) << 8) + at(3);
}
