import { concatBytes, readUint32, uint32 } from "../platform/net/bytes.ts";

/** The frame types of HTTP/2 (RFC 9113, section 6). */
export const FrameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

/** The frame flags in use. `ack` and `endStream` share a bit; the frame type decides which it is. */
export const FrameFlag = { ack: 1, endStream: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

/** The connection preface of a client (RFC 9113, section 3.4). */
export const CLIENT_PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/** Maximum payload that a peer may send (the default of SETTINGS_MAX_FRAME_SIZE). */
export const MAX_FRAME_PAYLOAD_BYTES = 16_384;

const HEADER_BYTES = 9;

/** One frame. `payload` is valid until its decoder gets more bytes; copy it to keep it. */
export interface Frame {
  type: number;
  flags: number;
  streamId: number;
  payload: Uint8Array;
}

/** The bytes of a frame. */
export function encodeFrame(type: number, flags: number, streamId: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  bytes[0] = payload.length >>> 16;
  bytes[1] = payload.length >>> 8;
  bytes[2] = payload.length;
  bytes[3] = type;
  bytes[4] = flags;
  bytes.set(uint32(streamId), 5);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/** The payload of a SETTINGS frame (RFC 9113, section 6.5). */
export function encodeSettings(settings: readonly (readonly [id: number, value: number])[]): Uint8Array {
  return concatBytes(settings.flatMap(([id, value]) => [Uint8Array.of(id >>> 8, id), uint32(value)]));
}

/**
 * The payload of a DATA or HEADERS frame without its padding and priority fields (RFC 9113, sections 6.1 and 6.2).
 *
 * @throws {Error} if the padding is as long as the payload or longer
 */
export function stripPadding(frame: Frame): Uint8Array {
  let payload = frame.payload;
  if (frame.flags & FrameFlag.padded) {
    const padBytes = payload[0];
    if (padBytes === undefined || padBytes >= payload.length) throw new Error("Cannot read a frame: bad padding");
    payload = payload.subarray(1, payload.length - padBytes);
  }
  if (frame.type === FrameType.headers && frame.flags & FrameFlag.priority) {
    if (payload.length < 5) throw new Error("Cannot read a frame: priority fields missing");
    payload = payload.subarray(5);
  }
  return payload;
}

/**
 * Splits a stream of bytes into frames: the function that it returns gets the bytes as they come, and returns the frames
 * that they complete, in order. Buffers at most one incomplete frame.
 *
 * @throws {Error} (the function) if a frame announces a payload above the limit, as most data that is not HTTP/2 does
 */
export function createFrameDecoder(): (bytes: Uint8Array) => Frame[] {
  let kept = new Uint8Array(0);

  return (bytes) => {
    const input = kept.length === 0 ? bytes : concatBytes([kept, bytes]);
    const frames: Frame[] = [];
    let at = 0;
    while (input.length - at >= HEADER_BYTES) {
      const size = readUint32(input, at) >>> 8;
      if (size > MAX_FRAME_PAYLOAD_BYTES) {
        throw new Error(`Cannot read a frame of ${size} bytes: the limit is ${MAX_FRAME_PAYLOAD_BYTES}`);
      }
      if (input.length - at < HEADER_BYTES + size) break;
      frames.push({
        type: input[at + 3] as number,
        flags: input[at + 4] as number,
        streamId: readUint32(input, at + 5) & 0x7fffffff,
        payload: input.subarray(at + HEADER_BYTES, at + HEADER_BYTES + size),
      });
      at += HEADER_BYTES + size;
    }
    kept = input.slice(at);
    return frames;
  };
}
