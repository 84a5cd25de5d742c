import { encodeHeaders, type Header } from "../../lib/grpc/hpack.ts";
import {
  CLIENT_PREFACE,
  createFrameDecoder,
  encodeFrame,
  type Frame,
  FrameFlag,
  FrameType,
} from "../../lib/grpc/http2_frames.ts";
import { concatBytes, uint32 } from "../../lib/platform/net/bytes.ts";
import type { Connect } from "../../lib/platform/net/connection.ts";

/** The server's end of a connection within this process. */
export interface FakePeer {
  /** All bytes that the client sent so far. */
  received(): Uint8Array;
  /** The frames that the client sent, behind its preface. */
  frames(): Frame[];
  send(...parts: Uint8Array[]): void;
  /** Ends the connection. */
  end(): void;
  /** From now on the client's writes wait for ever, as on a full socket. */
  block(): void;
  isClosedByClient(): boolean;
}

/** A `Connect` that leads to peers of our making: `onConnect` plays the server of each connection. */
export function fakeConnect(
  onConnect: (peer: FakePeer, count: number) => void,
): { connect: Connect; peers: FakePeer[] } {
  const peers: FakePeer[] = [];
  const connect: Connect = () => {
    let sent: Uint8Array[] = [];
    const incoming: (Uint8Array | null)[] = [];
    let wake: (() => void) | null = null;
    let isBlocked = false;
    let isClosed = false;
    const listeners: (() => void)[] = [];
    const deliver = (item: Uint8Array | null) => {
      incoming.push(item);
      wake?.();
    };
    const peer: FakePeer = {
      received: () => concatBytes(sent),
      frames: () => createFrameDecoder()(concatBytes(sent).slice(CLIENT_PREFACE.length)),
      send: (...parts) => deliver(concatBytes(parts)),
      end: () => deliver(null),
      block: () => isBlocked = true,
      isClosedByClient: () => isClosed,
    };
    peers.push(peer);
    onWrite.set(peer, (listener) => listeners.push(listener));
    onConnect(peer, peers.length);
    return Promise.resolve({
      write: (bytes) => {
        sent = [...sent, bytes.slice()];
        for (const listener of listeners) listener();
        return isBlocked ? new Promise(() => {}) : Promise.resolve();
      },
      read: async () => {
        while (incoming.length === 0) {
          if (isClosed) return null;
          await new Promise<void>((resume) => wake = resume);
        }
        return isClosed ? null : incoming.shift() ?? null;
      },
      close: () => {
        isClosed = true;
        wake?.();
      },
    });
  };
  return { connect, peers };
}

const onWrite = new WeakMap<FakePeer, (listener: () => void) => void>();

/** Calls `answer` for each request of the client with the number of its stream. */
export function serve(peer: FakePeer, answer: (streamId: number) => void): void {
  let seen = 0;
  onWrite.get(peer)?.(() => {
    const requests = peer.frames().filter((frame) => frame.type === FrameType.data);
    for (const request of requests.slice(seen)) {
      seen++;
      answer(request.streamId);
    }
  });
}

export const SETTINGS: Uint8Array = encodeFrame(FrameType.settings, 0, 0, new Uint8Array(0));

/** A HEADERS frame of these fields. */
export function headers(streamId: number, fields: readonly Header[], flags: number = FrameFlag.endHeaders): Uint8Array {
  return encodeFrame(FrameType.headers, flags, streamId, encodeHeaders(fields));
}

/** The frames of a whole gRPC reply. */
export function reply(streamId: number, message: Uint8Array, status = "0"): Uint8Array[] {
  return [
    headers(streamId, [[":status", "200"], ["content-type", "application/grpc"]]),
    encodeFrame(FrameType.data, 0, streamId, concatBytes([Uint8Array.of(0), uint32(message.length), message])),
    headers(streamId, [["grpc-status", status], ["grpc-message", ""]], FrameFlag.endHeaders | FrameFlag.endStream),
  ];
}

/** A GOAWAY frame. */
export function goAway(lastStreamId: number, errorCode = 0): Uint8Array {
  return encodeFrame(FrameType.goAway, 0, 0, concatBytes([uint32(lastStreamId), uint32(errorCode)]));
}
