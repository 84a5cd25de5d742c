import { messageOf } from "../errors/local_error.ts";
import { concatBytes, readUint32, uint32 } from "../platform/net/bytes.ts";
import type { Connection } from "../platform/net/connection.ts";
import { GrpcError } from "./error.ts";
import { createHpackDecoder } from "./hpack.ts";
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
} from "./http2_frames.ts";
import { AnswerCollector, type Http2Answer, MAX_BODY_BYTES, MAX_HEADER_BYTES } from "./http2_response.ts";

/** The client's end of one HTTP/2 connection. */
export interface Http2Link {
  /**
   * Sends a request of one header block and one body. Resolves with the complete response.
   *
   * @throws {GrpcError} if there is none within `timeoutMs`. A timeout closes the connection, which would most likely
   * time out again (a stopped process, a lost route).
   */
  request(headerBlock: Uint8Array, body: Uint8Array, timeoutMs: number): Promise<Http2Answer>;
  /** Whether it accepts further requests. */
  isOpen(): boolean;
  /** Closes at once; requests in progress fail. */
  close(): void;
}

interface Stream {
  answer: AnswerCollector;
  timer: ReturnType<typeof setTimeout>;
  resolve(answer: Http2Answer): void;
  reject(error: GrpcError): void;
}

/**
 * A timeout that fires this late, in ms, tells that this process was blocked (by a tool of macOS, say): the response may have
 * arrived in time. As long as this, what has arrived can still be read.
 */
const LATE_MS = 50;

/** Limit of frames that belong to no request, between two requests; a server normally sends a handful. */
const MAX_STRAY_FRAMES = 1_000;
const MAX_STREAM_ID = 0x7fffffff;
const REFUSED_STREAM = 7;
const INITIAL_WINDOW_SIZE = 4;
/** The default flow-control window, in both directions (RFC 9113, section 6.9.2). */
const WINDOW_BYTES = 65_535;
/** HEADER_TABLE_SIZE 0, ENABLE_PUSH 0, INITIAL_WINDOW_SIZE, MAX_HEADER_LIST_SIZE (RFC 9113, section 6.5.2). */
const SETTINGS = encodeSettings([[1, 0], [2, 0], [INITIAL_WINDOW_SIZE, 2 * MAX_BODY_BYTES], [6, MAX_HEADER_BYTES]]);
const NO_BYTES = new Uint8Array(0);
/**
 * The first bytes of a connection. A response fits into the window of its stream, padding included, and that of the
 * connection is the largest: 2 GiB of responses later the server sends no more, and the timeout opens another one.
 */
const GREETING = concatBytes([
  new TextEncoder().encode(CLIENT_PREFACE),
  encodeFrame(FrameType.settings, 0, 0, SETTINGS),
  encodeFrame(FrameType.windowUpdate, 0, 0, uint32(0x7fffffff - WINDOW_BYTES)),
]);

/**
 * Speaks HTTP/2 on a new `connection`, and takes ownership of it. Sends the preface with the first write. Reads
 * continuously, to answer PING and notice GOAWAY between requests; an open link keeps the process alive. Memory is
 * bounded, whatever the peer sends: one frame, one header block, and one response per request.
 */
export function createHttp2Link(connection: Connection): Http2Link {
  const streams = new Map<number, Stream>();
  const decodeFrames = createFrameDecoder();
  const decodeHeaders = createHpackDecoder();
  let nextStreamId = 1;
  let failure: GrpcError | null = null;
  let isDraining = false;
  let hasSettings = false;
  let strayFrames = 0;
  let sendWindow = WINDOW_BYTES;
  let initialSendWindow = WINDOW_BYTES;
  let greeting = GREETING;
  /** Replies to the frames being processed, sent in one write. */
  const replies: Uint8Array[] = [];
  let lastWrite: Promise<void> = Promise.resolve();

  function end(error: GrpcError): void {
    if (failure !== null) return;
    failure = error;
    connection.close();
    for (const id of [...streams.keys()]) settle(id)?.reject(error);
  }

  function broke(cause: unknown): void {
    end(new GrpcError("closed", `The connection broke: ${messageOf(cause)}`, cause));
  }

  function settle(id: number): Stream | undefined {
    const stream = streams.get(id);
    if (stream === undefined) return undefined;
    clearTimeout(stream.timer);
    streams.delete(id);
    return stream;
  }

  function write(bytes: Uint8Array): Promise<void> {
    // The server may send SETTINGS first: then the acknowledgement, not a request, is the first write.
    const message = concatBytes([greeting, bytes]);
    greeting = NO_BYTES;
    lastWrite = lastWrite.then(() => connection.write(message)).catch(broke);
    return lastWrite;
  }

  async function readAll(): Promise<void> {
    while (failure === null) {
      let bytes: Uint8Array | null;
      try {
        bytes = await connection.read();
      } catch (cause) {
        return broke(cause);
      }
      if (bytes === null) return end(new GrpcError("closed", "The server closed the connection"));
      try {
        for (const frame of decodeFrames(bytes)) onFrame(frame);
      } catch (cause) {
        return end(new GrpcError("not-grpc", `The peer violated the HTTP/2 protocol: ${messageOf(cause)}`, cause));
      }
      if (isDraining && streams.size === 0) return end(new GrpcError("closed", "The server closed the connection"));
      // Waiting for the write bounds memory if the peer sends frames but does not read.
      if (replies.length > 0) await write(concatBytes(replies.splice(0)));
    }
  }

  function onFrame(frame: Frame): void {
    if (!hasSettings && frame.type !== FrameType.settings) throw new Error("the first frame is not SETTINGS");
    if (!streams.has(frame.streamId) && ++strayFrames > MAX_STRAY_FRAMES) {
      throw new Error("too many unsolicited frames");
    }
    const answer = streams.get(frame.streamId)?.answer;
    switch (frame.type) {
      case FrameType.headers: {
        // Servers split a block (CONTINUATION) only if it exceeds a frame, which is all that is accepted.
        if (!(frame.flags & FrameFlag.endHeaders)) {
          throw new Error(`header fields of more than a frame, ${MAX_HEADER_BYTES} bytes`);
        }
        const block = stripPadding(frame);
        answer?.addHeaders(decodeHeaders(block), block.length);
        break;
      }
      case FrameType.data:
        answer?.addData(stripPadding(frame));
        break;
      case FrameType.rstStream: {
        const code = readUint32(frame.payload, 0);
        const kind = code === REFUSED_STREAM ? "refused" : "reset";
        settle(frame.streamId)?.reject(new GrpcError(kind, `The server reset the call (HTTP/2 error ${code})`));
        return;
      }
      case FrameType.settings:
        return onSettings(frame);
      case FrameType.pushPromise:
        throw new Error("a PUSH_PROMISE although push is disabled");
      case FrameType.ping:
        if (frame.payload.length !== 8) throw new Error("a PING of the wrong size");
        if (!(frame.flags & FrameFlag.ack)) replies.push(encodeFrame(FrameType.ping, FrameFlag.ack, 0, frame.payload));
        return;
      case FrameType.goAway:
        return onGoAway(readUint32(frame.payload, 0) & MAX_STREAM_ID);
      case FrameType.windowUpdate:
        if (frame.streamId === 0) sendWindow += readUint32(frame.payload, 0) & MAX_STREAM_ID;
        return;
      default:
        return; // PRIORITY and unknown types are ignored (RFC 9113, section 4.1).
    }
    if (answer !== undefined && frame.flags & FrameFlag.endStream) settle(frame.streamId)?.resolve(answer.answer());
  }

  function onSettings(frame: Frame): void {
    hasSettings = true;
    if (frame.flags & FrameFlag.ack) return;
    for (let at = 0; at + 6 <= frame.payload.length; at += 6) {
      const id = readUint32(frame.payload, at) >>> 16;
      if (id === INITIAL_WINDOW_SIZE) initialSendWindow = readUint32(frame.payload, at + 2);
    }
    replies.push(encodeFrame(FrameType.settings, FrameFlag.ack, 0, NO_BYTES));
  }

  function onGoAway(lastStreamId: number): void {
    isDraining = true;
    for (const id of [...streams.keys()]) {
      if (id > lastStreamId) {
        settle(id)?.reject(new GrpcError("refused", "The server closed the connection before processing the call"));
      }
    }
  }

  function send(headerBlock: Uint8Array, body: Uint8Array): number {
    const id = nextStreamId;
    nextStreamId += 2;
    sendWindow -= body.length;
    strayFrames = 0;
    write(concatBytes([
      encodeFrame(FrameType.headers, FrameFlag.endHeaders, id, headerBlock),
      encodeFrame(FrameType.data, FrameFlag.endStream, id, body),
    ]));
    return id;
  }

  readAll();

  return {
    request(headerBlock, body, timeoutMs) {
      return new Promise((resolve, reject) => {
        if (failure !== null) return reject(failure);
        if (Math.max(headerBlock.length, body.length) > MAX_FRAME_PAYLOAD_BYTES) {
          return reject(new GrpcError("refused", "Cannot send a request larger than one frame"));
        }
        if (body.length > Math.min(sendWindow, initialSendWindow) || nextStreamId > MAX_STREAM_ID) {
          isDraining = true;
          return reject(new GrpcError("refused", "The server accepts no more requests on this connection"));
        }
        const giveUp = () => end(new GrpcError("timeout", `No response within ${Math.round(timeoutMs)} ms`));
        const dueMs = performance.now() + timeoutMs;
        const timer = setTimeout(() => {
          if (performance.now() - dueMs < LATE_MS) giveUp();
          else stream.timer = setTimeout(giveUp, LATE_MS);
        }, timeoutMs);
        const stream: Stream = { answer: new AnswerCollector(), timer, resolve, reject };
        streams.set(send(headerBlock, body), stream);
      });
    },
    isOpen: () => failure === null && !isDraining,
    close: () => end(new GrpcError("closed", "The connection was closed locally")),
  };
}
