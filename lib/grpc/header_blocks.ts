import { concatBytes } from "../platform/net/bytes.ts";
import { type Frame, FrameFlag, FrameType, stripPadding } from "./http2_frames.ts";

/** The encoded fields of one HEADERS frame and its CONTINUATIONs. */
export interface HeaderBlock {
  streamId: number;
  /** It ends the stream (trailers, or a response without a body). */
  isLast: boolean;
  bytes: Uint8Array;
}

/**
 * Reassembles header blocks of up to `maxBytes`. The function that it returns must get every frame of a connection, and
 * returns the block that the frame completes, `pending` if the block is incomplete, `other` for frames of other types.
 *
 * @throws {Error} (the function) if other frames interrupt a block (RFC 9113, section 6.2), or it is too large
 */
export function createHeaderBlockAssembler(maxBytes: number): (frame: Frame) => HeaderBlock | "pending" | "other" {
  let open: HeaderBlock | null = null;

  return (frame) => {
    const isContinuation = frame.type === FrameType.continuation;
    if (open === null ? isContinuation : !isContinuation || frame.streamId !== open.streamId) {
      throw new Error("a header block is interrupted by another frame");
    }
    if (frame.type !== FrameType.headers && !isContinuation) return "other";
    const isLast = (frame.flags & FrameFlag.endStream) !== 0;
    open ??= { streamId: frame.streamId, isLast, bytes: new Uint8Array(0) };
    open.bytes = concatBytes([open.bytes, isContinuation ? frame.payload : stripPadding(frame)]);
    if (open.bytes.length > maxBytes) throw new Error(`header fields of more than ${maxBytes} bytes`);
    if (!(frame.flags & FrameFlag.endHeaders)) return "pending";
    const block = open;
    open = null;
    return block;
  };
}
