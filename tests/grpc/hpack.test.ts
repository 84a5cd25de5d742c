import { describe, it } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { createHpackDecoder, encodeHeaders } from "../../lib/grpc/hpack.ts";

const bytesOf = (hex: string) =>
  Uint8Array.from(hex.replaceAll(" ", "").match(/../g) ?? [], (byte) => parseInt(byte, 16));

describe("encodeHeaders()", () => {
  it("is read back by the decoder, whatever the fields", () => {
    const ascii = fc.string({
      unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code)),
      maxLength: 400,
    });
    fc.assert(fc.property(fc.array(fc.tuple(ascii, ascii)), (headers) => {
      assertEquals(createHpackDecoder()(encodeHeaders(headers)), headers);
    }));
  });

  it("refuses what could end a field early", () => {
    assertThrows(() => encodeHeaders([["a", "b\r\nc: d"]]), Error, "printable ASCII");
  });
});

describe("createHpackDecoder()", () => {
  it("reads the examples of RFC 7541, appendix C", () => {
    const decode = createHpackDecoder();
    const customKey = "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572";
    assertEquals(decode(bytesOf(customKey)), [["custom-key", "custom-header"]]);
    assertEquals(decode(bytesOf("100870617373776f726406736563726574")), [["password", "secret"]]);
    // C.4.1 … C.4.3, Huffman-coded values; names of the static table are not told apart here.
    assertEquals(decode(bytesOf("418c f1e3 c2e5 f23a 6ba0 ab90 f4ff"))[0]?.[1], "www.example.com");
    assertEquals(decode(bytesOf("5886 a8eb 1064 9cbf"))[0]?.[1], "no-cache");
    assertEquals(decode(bytesOf("4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf")), [[
      "custom-key",
      "custom-value",
    ]]);
    // C.6.1
    assertEquals(decode(bytesOf("4882 6402 5885 aec3 771a 4b"))[0], [":status", "302"]);
    assertEquals(
      decode(bytesOf("6196 d07a be94 1054 d444 a820 0595 040b 8166 e082 a62d 1bff"))[0]?.[1],
      "Mon, 21 Oct 2013 20:13:21 GMT",
    );
    assertEquals(
      decode(bytesOf("6e91 9d29 ad17 1863 c78f 0b97 c8e9 ae82 ae43 d3"))[0]?.[1],
      "https://www.example.com",
    );
  });

  it("reads the trailers that Temporal sends", () => {
    // As they came from Temporal 1.5.1: grpc-status 5, both names Huffman-coded by Go.
    const block = bytesOf(
      "40 88 9a ca c8 b2 12 34 da 8f 01 35 40 89 9a ca c8 b5 25 42 07 31 7f 09 6e 6f 74 20 66 6f 75 6e 64",
    );
    assertEquals(createHpackDecoder()(block), [["grpc-status", "5"], ["grpc-message", "not found"]]);
  });

  it("knows :status, and that the table was set to size 0", () => {
    const decode = createHpackDecoder();
    assertEquals(decode(bytesOf("20 88 8c 8e")), [[":status", "200"], [":status", "400"], [":status", "500"]]);
    assertThrows(() => decode(bytesOf("3f e1 1f")), Error, "dynamic table");
    assertThrows(() => decode(bytesOf("be")), Error, "no table entry 62");
    assertThrows(() => decode(bytesOf("80")), Error, "no table entry 0");
  });

  it("refuses broken Huffman codes", () => {
    const decode = createHpackDecoder();
    const value = (hex: string) => decode(bytesOf(`00 01 61 ${hex}`));
    assertEquals(value("81 1f"), [["a", "a"]]); // 00011 and three bits of padding
    assertThrows(() => value("81 18"), Error, "padding");
    assertThrows(() => value("82 1f ff"), Error, "padding");
    assertThrows(() => value("84 ff ff ff ff"), Error, "end mark");
  });

  it("throws an Error or returns, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (block) => {
        try {
          createHpackDecoder()(block);
        } catch (error) {
          if (!(error instanceof Error) || !error.message.startsWith("Cannot decode a header")) throw error;
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
