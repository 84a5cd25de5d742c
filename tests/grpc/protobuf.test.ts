import { describe, it } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { messagesOf, numberOf, protobufMessage, readProtobuf, stringOf } from "../../lib/grpc/protobuf.ts";

describe("readProtobuf()", () => {
  it("reads back what was written", () => {
    const number = fc.integer({ min: 1, max: 2 ** 29 - 1 });
    const value = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.uint8Array());
    fc.assert(fc.property(fc.array(fc.record({ number, value })), (fields) => {
      const message = protobufMessage(
        ...fields.map((field): [number, bigint | Uint8Array] => [field.number, field.value]),
      );
      assertEquals(readProtobuf(message), fields);
    }));
  });

  it("passes over fields of a fixed size", () => {
    const message = Uint8Array.of(0x09, 1, 2, 3, 4, 5, 6, 7, 8, 0x15, 1, 2, 3, 4, 0x18, 7);
    assertEquals(readProtobuf(message), [{ number: 3, value: 7n }]);
  });

  it("throws an Error of ours or returns, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (message) => {
        try {
          readProtobuf(message);
        } catch (error) {
          if (!(error instanceof Error) || !error.message.startsWith("Cannot read a message")) throw error;
        }
      }),
      { numRuns: 2_000 },
    );
    assertThrows(() => readProtobuf(Uint8Array.of(0x0a, 5, 1)), Error, "ends inside a field");
  });
});

describe("stringOf(), numberOf() and messagesOf()", () => {
  it("give the last value of a field, and proto3's default when it is absent", () => {
    const fields = readProtobuf(protobufMessage([1, "a"], [1, "b"], [2, 5n]));
    assertEquals([stringOf(fields, 1), stringOf(fields, 2), stringOf(fields, 3)], ["b", "", ""]);
    assertEquals([numberOf(fields, 2), numberOf(fields, 1), numberOf(fields, 3)], [5, 0, 0]);
    const message = { number: 3, value: 7n };
    const embedded = Uint8Array.of(0x18, 7);
    assertEquals(messagesOf(readProtobuf(protobufMessage([4, embedded], [4, embedded])), 4), [[message], [message]]);
  });
});
