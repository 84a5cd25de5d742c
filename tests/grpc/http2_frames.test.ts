import { describe, it } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  createFrameDecoder,
  encodeFrame,
  encodeSettings,
  FrameFlag,
  FrameType,
  stripPadding,
} from "../../lib/grpc/http2_frames.ts";
import { concatBytes } from "../../lib/platform/net/bytes.ts";

const frame = fc.record({
  type: fc.nat(255),
  flags: fc.nat(255),
  streamId: fc.nat(0x7fffffff),
  payload: fc.uint8Array({ maxLength: 300 }),
});

describe("createFrameDecoder()", () => {
  it("gives back the frames that were encoded, however their bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(frame), fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (frames, cuts) => {
        const bytes = concatBytes(
          frames.map((each) => encodeFrame(each.type, each.flags, each.streamId, each.payload)),
        );
        const decode = createFrameDecoder();
        const decoded = [];
        let at = 0;
        for (let i = 0; at < bytes.length; i++) {
          const size = cuts[i % cuts.length] as number;
          for (const each of decode(bytes.slice(at, at + size))) {
            decoded.push({ ...each, payload: each.payload.slice() });
          }
          at += size;
        }
        assertEquals(decoded, frames);
      }),
    );
  });

  it("refuses a frame that is too large before its payload comes", () => {
    const decode = createFrameDecoder();
    assertThrows(() => decode(Uint8Array.of(0, 0x40, 1, 0, 0, 0, 0, 0, 0)), Error, "16385 bytes");
  });

  it("refuses HTTP/1.1 at once", () => {
    assertThrows(
      () => createFrameDecoder()(new TextEncoder().encode("HTTP/1.1 400 Bad Request")),
      Error,
      "the limit is 16384",
    );
  });

  it("ignores the reserved bit of the stream's number", () => {
    const [first] = createFrameDecoder()(Uint8Array.of(0, 0, 0, 6, 0, 0x80, 0, 0, 1));
    assertEquals(first?.streamId, 1);
  });
});

describe("stripPadding()", () => {
  const payload = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

  it("leaves a plain frame alone", () => {
    assertEquals(stripPadding({ type: FrameType.data, flags: 0, streamId: 1, payload }), payload);
  });

  it("takes padding and priority fields away", () => {
    const padded = stripPadding({ type: FrameType.data, flags: FrameFlag.padded, streamId: 1, payload });
    assertEquals(padded, Uint8Array.of(2, 3, 4, 5, 6, 7));
    const flags = FrameFlag.padded | FrameFlag.priority;
    assertEquals(
      stripPadding({ type: FrameType.headers, flags, streamId: 1, payload }),
      Uint8Array.of(7, 8).slice(0, 1),
    );
  });

  it("refuses more padding than there is", () => {
    assertThrows(
      () => stripPadding({ type: FrameType.data, flags: FrameFlag.padded, streamId: 1, payload: Uint8Array.of(1) }),
      Error,
      "padding",
    );
    assertThrows(
      () =>
        stripPadding({ type: FrameType.headers, flags: FrameFlag.priority, streamId: 1, payload: Uint8Array.of(1) }),
      Error,
      "priority",
    );
  });
});

describe("encodeSettings()", () => {
  it("writes six bytes for each", () => {
    assertEquals(encodeSettings([[1, 0], [6, 16_384]]), Uint8Array.of(0, 1, 0, 0, 0, 0, 0, 6, 0, 0, 0x40, 0));
  });
});
