import { describe, it } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { createHeaderBlockAssembler } from "../../lib/grpc/header_blocks.ts";
import { FrameFlag, FrameType } from "../../lib/grpc/http2_frames.ts";

const headers = (streamId: number, bytes: number[], flags = 0) => ({
  type: FrameType.headers,
  flags,
  streamId,
  payload: Uint8Array.from(bytes),
});
const continuation = (streamId: number, bytes: number[], flags = 0) => ({
  ...headers(streamId, bytes, flags),
  type: FrameType.continuation,
});

describe("createHeaderBlockAssembler()", () => {
  it("gives a block of one frame, or of several", () => {
    const accept = createHeaderBlockAssembler(100);
    const one = accept(headers(1, [1, 2], FrameFlag.endHeaders));
    assertEquals(one, { streamId: 1, isLast: false, bytes: Uint8Array.of(1, 2) });
    assertEquals(accept(headers(3, [1], FrameFlag.endStream)), "pending");
    assertEquals(accept(continuation(3, [2])), "pending");
    const several = accept(continuation(3, [3], FrameFlag.endHeaders));
    assertEquals(several, { streamId: 3, isLast: true, bytes: Uint8Array.of(1, 2, 3) });
  });

  it("lets other frames pass between blocks, and only there", () => {
    const accept = createHeaderBlockAssembler(100);
    const ping = { type: FrameType.ping, flags: 0, streamId: 0, payload: new Uint8Array(8) };
    assertEquals(accept(ping), "other");
    accept(headers(1, [1]));
    assertThrows(() => accept(ping), Error, "interrupted by another frame");
    assertThrows(() => accept(continuation(3, [1])), Error, "interrupted by another frame");
    assertThrows(() => createHeaderBlockAssembler(100)(continuation(1, [1])), Error, "interrupted by another frame");
  });

  it("refuses a block that grows too large", () => {
    const accept = createHeaderBlockAssembler(3);
    accept(headers(1, [1, 2]));
    assertThrows(() => accept(continuation(1, [3, 4])), Error, "more than 3 bytes");
  });
});
