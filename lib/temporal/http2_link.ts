import { concatBytes, readUint32, uint32 } from "../core/bytes.ts";
import { createHpackDecoder, type Header } from "../core/hpack.ts";
import {
  CLIENT_PREFACE,
  createFrameDecoder,
  encodeFrame,
  encodeSettings,
  type Frame,
  FrameFlag,
  FrameType,
  MAX_FRAME_PAYLOAD_BYTES,
  stripPadding,
} from "../core/http2_frames.ts";
import type { Connection } from "../system/connection.ts";
import { GrpcError } from "./grpc_error.ts";

/** An answer to a request: the fields of all its header blocks, trailers included, and the body. */
export interface Http2Answer {
  headers: Header[];
  body: Uint8Array;
}

/** The client's end of one HTTP/2 connection. */
export interface Http2Link {
  /**
   * Sends a request of one header block and one body, and gives the whole answer.
   *
   * @throws {GrpcError} when there is none within `timeoutMs`. After a time-out the link is closed: a connection that
   * once was silent (a stopped process, a dropped route) is not worth another wait.
   */
  request(headerBlock: Uint8Array, body: Uint8Array, timeoutMs: number): Promise<Http2Answer>;
  /** Whether it takes further requests. */
  isOpen(): boolean;
  /** Closes at once; requests under way fail. */
  close(): void;
}

interface Stream {
  headers: Header[];
  headerBytes: number;
  body: Uint8Array[];
  bodyBytes: number;
  /** Received since the last WINDOW_UPDATE for this stream. */
  unacknowledgedBytes: number;
  timer: ReturnType<typeof setTimeout>;
  resolve(answer: Http2Answer): void;
  reject(error: GrpcError): void;
}

const MAX_HEADER_BYTES = 16_384;
const MAX_BODY_BYTES = 1_048_576 + 5;
/** The default flow-control window, in both directions (RFC 9113, section 6.9.2). */
const WINDOW_BYTES = 65_535;
/** A server sends a handful of frames that belong to no request; this many between two requests are a flood. */
const MAX_STRAY_FRAMES = 1_000;
const MAX_STREAM_ID = 0x7fffffff;
const ErrorCode = { refusedStream: 7, cancel: 8 } as const;
/** SETTINGS_HEADER_TABLE_SIZE 0, ENABLE_PUSH 0, MAX_HEADER_LIST_SIZE (RFC 9113, section 6.5.2). */
const SETTINGS = encodeSettings([[1, 0], [2, 0], [6, MAX_HEADER_BYTES]]);
const INITIAL_WINDOW_SIZE = 4;
const NO_BYTES = new Uint8Array(0);

/**
 * Speaks HTTP/2 on a fresh `connection`, which it owns from now on. The preface goes out with the first write.
 * It reads all the time, so that PING is answered and GOAWAY is known between requests; until it is closed it keeps
 * the process alive. Whatever the peer does, it holds one frame, one header block and one body per request.
 */
export function createHttp2Link(connection: Connection): Http2Link {
  const streams = new Map<number, Stream>();
  const decoder = createFrameDecoder();
  const hpack = createHpackDecoder();
  let nextStreamId = 1;
  let failure: GrpcError | null = null;
  let isDraining = false;
  let hasSettings = false;
  let strayFrames = 0;
  let unacknowledgedBytes = 0;
  let sendWindow = WINDOW_BYTES;
  let initialSendWindow = WINDOW_BYTES;
  let unfinishedBlock: { streamId: number; flags: number; parts: Uint8Array[]; sizeBytes: number } | null = null;
  let greeting: Uint8Array = concatBytes([
    new TextEncoder().encode(CLIENT_PREFACE),
    encodeFrame(FrameType.settings, 0, 0, SETTINGS),
  ]);
  /** What the frames at hand call for, sent in one write. */
  const replies: Uint8Array[] = [];
  let lastWrite: Promise<void> = Promise.resolve();

  function end(error: GrpcError): void {
    if (failure !== null) return;
    failure = error;
    connection.close();
    for (const id of [...streams.keys()]) settle(id)?.reject(error);
  }

  function settle(id: number): Stream | undefined {
    const stream = streams.get(id);
    if (stream === undefined) return undefined;
    clearTimeout(stream.timer);
    streams.delete(id);
    return stream;
  }

  function write(bytes: Uint8Array): Promise<void> {
    // The server may greet first: then our acknowledgement is our first write, not a request.
    const message = concatBytes([greeting, bytes]);
    greeting = NO_BYTES;
    lastWrite = lastWrite.then(() => connection.write(message)).catch((cause) => {
      end(new GrpcError("closed", `The connection broke: ${reasonOf(cause)}`, cause));
    });
    return lastWrite;
  }

  async function readAll(): Promise<void> {
    while (failure === null) {
      let bytes: Uint8Array | null;
      try {
        bytes = await connection.read();
      } catch (cause) {
        return end(new GrpcError("closed", `The connection broke: ${reasonOf(cause)}`, cause));
      }
      if (bytes === null) return end(new GrpcError("closed", "The server closed the connection"));
      try {
        for (const frame of decoder.push(bytes)) onFrame(frame);
      } catch (cause) {
        return end(new GrpcError("not-grpc", `The peer does not speak HTTP/2: ${reasonOf(cause)}`, cause));
      }
      if (isDraining && streams.size === 0) return end(new GrpcError("closed", "The server closed the connection"));
      // Waiting for the write keeps a peer that floods us and reads nothing from filling our memory.
      if (replies.length > 0) await write(concatBytes(replies.splice(0)));
    }
  }

  function onFrame(frame: Frame): void {
    if (!hasSettings && frame.type !== FrameType.settings) throw new Error("no SETTINGS at first");
    if (
      unfinishedBlock !== null && (frame.type !== FrameType.continuation || frame.streamId !== unfinishedBlock.streamId)
    ) {
      throw new Error("a header block is left unfinished");
    }
    if (!streams.has(frame.streamId) && ++strayFrames > MAX_STRAY_FRAMES) {
      throw new Error("too many frames nobody asked for");
    }
    switch (frame.type) {
      case FrameType.data:
        return onData(frame);
      case FrameType.headers:
        unfinishedBlock = { streamId: frame.streamId, flags: frame.flags, parts: [], sizeBytes: 0 };
        return onHeaderBytes(stripPadding(frame), frame.flags);
      case FrameType.continuation:
        return onHeaderBytes(frame.payload, frame.flags);
      case FrameType.rstStream: {
        const code = readUint32(frame.payload, 0);
        const kind = code === ErrorCode.refusedStream ? "refused" : "reset";
        settle(frame.streamId)?.reject(new GrpcError(kind, `The server broke the call off (HTTP/2 error ${code})`));
        return;
      }
      case FrameType.settings:
        return onSettings(frame);
      case FrameType.pushPromise:
        throw new Error("a push, which was forbidden");
      case FrameType.ping:
        if (frame.payload.length !== 8) throw new Error("a PING of a wrong size");
        if (!(frame.flags & FrameFlag.ack)) reply(FrameType.ping, FrameFlag.ack, 0, frame.payload);
        return;
      case FrameType.goAway: {
        isDraining = true;
        const lastStreamId = readUint32(frame.payload, 0) & MAX_STREAM_ID;
        for (const id of [...streams.keys()]) {
          if (id > lastStreamId) {
            settle(id)?.reject(new GrpcError("refused", "The server ended the connection before the call"));
          }
        }
        return;
      }
      case FrameType.windowUpdate:
        if (frame.streamId === 0) sendWindow += readUint32(frame.payload, 0) & MAX_STREAM_ID;
        return;
    }
    // PRIORITY, and types that nobody knows yet, are to be ignored (RFC 9113, section 4.1).
  }

  function onSettings(frame: Frame): void {
    hasSettings = true;
    if (frame.flags & FrameFlag.ack) return;
    for (let at = 0; at + 6 <= frame.payload.length; at += 6) {
      const id = readUint32(frame.payload, at) >>> 16;
      if (id === INITIAL_WINDOW_SIZE) initialSendWindow = readUint32(frame.payload, at + 2);
    }
    reply(FrameType.settings, FrameFlag.ack, 0, NO_BYTES);
  }

  function onHeaderBytes(bytes: Uint8Array, flags: number): void {
    const block = unfinishedBlock;
    if (block === null) throw new Error("a CONTINUATION of nothing");
    const stream = streams.get(block.streamId);
    block.sizeBytes += bytes.length;
    if (block.sizeBytes + (stream?.headerBytes ?? 0) > MAX_HEADER_BYTES) throw new Error("too many headers");
    if (bytes.length > 0) block.parts.push(bytes.slice());
    if (!(flags & FrameFlag.endHeaders)) return;
    unfinishedBlock = null;
    if (stream === undefined) return;
    stream.headerBytes += block.sizeBytes;
    stream.headers.push(...hpack.decode(concatBytes(block.parts)));
    if (block.flags & FrameFlag.endStream) finish(block.streamId);
  }

  function onData(frame: Frame): void {
    const stream = streams.get(frame.streamId);
    const isLast = (frame.flags & FrameFlag.endStream) !== 0;
    unacknowledgedBytes += frame.payload.length;
    if (unacknowledgedBytes > WINDOW_BYTES / 2) {
      reply(FrameType.windowUpdate, 0, 0, uint32(unacknowledgedBytes));
      unacknowledgedBytes = 0;
    }
    if (stream === undefined) return;
    const bytes = stripPadding(frame);
    stream.bodyBytes += bytes.length;
    if (stream.bodyBytes > MAX_BODY_BYTES) throw new Error(`an answer of more than ${MAX_BODY_BYTES} bytes`);
    if (bytes.length > 0) stream.body.push(bytes.slice());
    stream.unacknowledgedBytes += frame.payload.length;
    if (isLast) finish(frame.streamId);
    else if (stream.unacknowledgedBytes > WINDOW_BYTES / 2) {
      reply(FrameType.windowUpdate, 0, frame.streamId, uint32(stream.unacknowledgedBytes));
      stream.unacknowledgedBytes = 0;
    }
  }

  function finish(id: number): void {
    const stream = settle(id);
    stream?.resolve({ headers: stream.headers, body: concatBytes(stream.body) });
  }

  function reply(type: number, flags: number, streamId: number, payload: Uint8Array): void {
    replies.push(encodeFrame(type, flags, streamId, payload));
  }

  readAll();

  return {
    request(headerBlock, body, timeoutMs) {
      return new Promise((resolve, reject) => {
        if (failure !== null) return reject(failure);
        if (Math.max(headerBlock.length, body.length) > MAX_FRAME_PAYLOAD_BYTES) {
          return reject(new GrpcError("refused", "Cannot send a request of more than a frame"));
        }
        if (body.length > Math.min(sendWindow, initialSendWindow) || nextStreamId > MAX_STREAM_ID) {
          isDraining = true;
          return reject(new GrpcError("refused", "The server takes no more on this connection"));
        }
        const id = nextStreamId;
        nextStreamId += 2;
        sendWindow -= body.length;
        strayFrames = 0;
        const timer = setTimeout(() => {
          end(new GrpcError("timeout", `No answer within ${Math.round(timeoutMs)} ms`));
        }, timeoutMs);
        streams.set(id, {
          headers: [],
          headerBytes: 0,
          body: [],
          bodyBytes: 0,
          unacknowledgedBytes: 0,
          timer,
          resolve,
          reject,
        });
        write(concatBytes([
          encodeFrame(FrameType.headers, FrameFlag.endHeaders, id, headerBlock),
          encodeFrame(FrameType.data, FrameFlag.endStream, id, body),
        ]));
      });
    },
    isOpen: () => failure === null && !isDraining,
    close: () => end(new GrpcError("closed", "The connection was closed here")),
  };
}

/** The message of whatever was thrown. */
function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
