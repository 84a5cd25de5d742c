import { concatBytes } from "../platform/net/bytes.ts";
import { type Frame, FrameFlag, FrameType, stripPadding } from "./http2_frames.ts";

/** The encoded fields of one HEADERS frame and its CONTINUATIONs. */
export interface HeaderBlock {
  streamId: number;
  /** It ends the stream (trailers, or a response without a body). */
  isLast: boolean;
  bytes: Uint8Array;
}

/** Reassembles header blocks. */
export interface HeaderBlockAssembler {
  /**
   * Must be passed every frame of a connection. Returns the block that `frame` completes, `pending` if the block is
   * incomplete, `other` for frames of other types.
   *
   * @throws {Error} if other frames interrupt a block (RFC 9113, section 6.2), or it is too large
   */
  accept(frame: Frame): HeaderBlock | "pending" | "other";
}

/** An assembler of blocks of up to `maxBytes`. */
export function createHeaderBlockAssembler(maxBytes: number): HeaderBlockAssembler {
  let open: { streamId: number; isLast: boolean; parts: Uint8Array[]; sizeBytes: number } | null = null;

  return {
    accept(frame) {
      const isContinuation = frame.type === FrameType.continuation;
      if (open === null ? isContinuation : !isContinuation || frame.streamId !== open.streamId) {
        throw new Error("a header block is interrupted by another frame");
      }
      if (frame.type !== FrameType.headers && !isContinuation) return "other";
      const isLast = (frame.flags & FrameFlag.endStream) !== 0;
      open ??= { streamId: frame.streamId, isLast, parts: [], sizeBytes: 0 };
      const bytes = isContinuation ? frame.payload : stripPadding(frame);
      open.sizeBytes += bytes.length;
      if (open.sizeBytes > maxBytes) throw new Error(`header fields of more than ${maxBytes} bytes`);
      if (bytes.length > 0) open.parts.push(bytes.slice());
      if (!(frame.flags & FrameFlag.endHeaders)) return "pending";
      const block = { streamId: open.streamId, isLast: open.isLast, bytes: concatBytes(open.parts) };
      open = null;
      return block;
    },
  };
}
