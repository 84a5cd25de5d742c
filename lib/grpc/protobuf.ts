import { concatBytes } from "../platform/net/bytes.ts";

/** A decoded field of a Protocol Buffers message: a bigint for a varint, bytes for a string, bytes or message. */
export interface ProtobufField {
  number: number;
  value: bigint | Uint8Array;
}

/** Encodes a message of these fields: strings, embedded messages, or varints. */
export function protobufMessage(...fields: [number: number, value: string | Uint8Array | bigint][]): Uint8Array {
  return concatBytes(fields.flatMap(([number, value]) => {
    if (typeof value === "bigint") return [varint(BigInt(number) << 3n), varint(value)];
    const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
    return [varint(BigInt(number) << 3n | 2n), varint(BigInt(bytes.length)), bytes];
  }));
}

/**
 * The fields of a message in wire order, including repeated ones. Skips fixed-size fields (doubles and the like).
 *
 * @throws {Error} if `message` is malformed
 */
export function readProtobuf(message: Uint8Array): ProtobufField[] {
  const fields: ProtobufField[] = [];
  let at = 0;
  const readVarint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message[at++];
      if (byte === undefined) throw new Error("Cannot read a message: it ends inside a number");
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw new Error("Cannot read a message: number too long");
  };
  const take = (sizeBytes: number): Uint8Array => {
    if (sizeBytes > message.length - at) throw new Error("Cannot read a message: it ends inside a field");
    return message.subarray(at, at += sizeBytes);
  };

  while (at < message.length) {
    const tag = readVarint();
    const number = Number(tag >> 3n);
    const wireType = Number(tag & 7n);
    if (wireType === 0) fields.push({ number, value: readVarint() });
    else if (wireType === 1) take(8);
    else if (wireType === 2) fields.push({ number, value: take(Number(readVarint())) });
    else if (wireType === 5) take(4);
    else throw new Error(`Cannot read a message: unknown wire type ${wireType}`);
  }
  return fields;
}

/** The last value of bytes field `number`; empty if absent, as in proto3. */
export function bytesOf(fields: readonly ProtobufField[], number: number): Uint8Array {
  const value = fields.findLast((field) => field.number === number)?.value;
  return value instanceof Uint8Array ? value : new Uint8Array(0);
}

/** The last value of string field `number`; empty if absent. */
export function stringOf(fields: readonly ProtobufField[], number: number): string {
  return new TextDecoder().decode(bytesOf(fields, number));
}

/** The messages in repeated field `number`, each as its fields. */
export function messagesOf(fields: readonly ProtobufField[], number: number): ProtobufField[][] {
  return fields.flatMap((field) =>
    field.number === number && field.value instanceof Uint8Array ? [readProtobuf(field.value)] : []
  );
}

/** The last value of varint field `number`; 0 if absent. */
export function numberOf(fields: readonly ProtobufField[], number: number): number {
  const value = fields.findLast((field) => field.number === number)?.value;
  return typeof value === "bigint" ? Number(value) : 0;
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
