import { describe, it } from "node:test";
import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { type GrpcChannel, type GrpcChannelOptions, openGrpcChannel } from "../../lib/grpc/channel.ts";
import { GrpcError, type GrpcFailure } from "../../lib/grpc/error.ts";
import { encodeHeaders } from "../../lib/grpc/hpack.ts";
import { CLIENT_PREFACE, encodeFrame, encodeSettings, FrameFlag, FrameType } from "../../lib/grpc/http2_frames.ts";
import { concatBytes, readUint32, uint32 } from "../../lib/platform/net/bytes.ts";
import { fakeConnect, type FakePeer, goAway, headers, reply, serve, SETTINGS } from "./fake_peer.ts";

const PATH = "/package.Service/Method";
const REQUEST = Uint8Array.of(1, 2, 3);
const MESSAGE = Uint8Array.of(8, 1);
const ENDPOINT = { host: "127.0.0.1", port: 7233 };
const NO_BYTES = new Uint8Array(0);

/** Runs `body` with a channel whose connections `onConnect` serves. */
async function withChannel(
  onConnect: (peer: FakePeer, count: number) => void,
  body: (channel: GrpcChannel, peers: FakePeer[]) => Promise<void>,
  options: GrpcChannelOptions = {},
): Promise<void> {
  const { connect, peers } = fakeConnect(onConnect);
  const channel = await openGrpcChannel(connect, ENDPOINT, 1_000, options);
  try {
    await body(channel, peers);
  } finally {
    channel.close();
  }
}

/** A server that greets, and sends `answer` to each request. */
function answering(answer: (streamId: number) => Uint8Array[]): (peer: FakePeer) => void {
  return (peer) => {
    peer.send(SETTINGS);
    serve(peer, (streamId) => peer.send(...answer(streamId)));
  };
}

/** Keeps this process from doing anything else for `ms`. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

async function failureOf(channel: GrpcChannel, timeoutMs = 50): Promise<GrpcFailure> {
  return (await assertRejects(() => channel.call(PATH, REQUEST, timeoutMs), GrpcError)).kind;
}

describe("openGrpcChannel()", () => {
  it("says unreachable when there is no connection", async () => {
    const connect = () => Promise.reject(Object.assign(new Error("refused"), { code: "ECONNREFUSED" }));
    const error = await assertRejects(() => openGrpcChannel(connect, ENDPOINT, 100), GrpcError, "127.0.0.1:7233");
    assertEquals(error.kind, "unreachable");
  });

  it("sends what HTTP/2 and gRPC ask for, in one piece", () =>
    withChannel((peer) => serve(peer, (id) => peer.send(SETTINGS, ...reply(id, MESSAGE))), async (channel, [peer]) => {
      await channel.call(PATH, REQUEST, 1_000);
      assert(peer !== undefined);
      assertEquals(new TextDecoder().decode(peer.received().slice(0, CLIENT_PREFACE.length)), CLIENT_PREFACE);
      const [settings, window, head, data] = peer.frames();
      assertEquals(settings?.payload.slice(12), encodeSettings([[4, 2_097_162], [6, 16_384]]));
      assertEquals([window?.type, window?.payload], [FrameType.windowUpdate, uint32(0x7fffffff - 65_535)]);
      assertEquals([head?.type, data?.type], [FrameType.headers, FrameType.data]);
      assertEquals(
        head?.payload,
        encodeHeaders([
          [":method", "POST"],
          [":scheme", "http"],
          [":path", PATH],
          [":authority", "127.0.0.1:7233"],
          ["content-type", "application/grpc"],
          ["te", "trailers"],
        ]),
      );
      assertEquals([data?.flags, data?.payload], [FrameFlag.endStream, Uint8Array.of(0, 0, 0, 0, 3, 1, 2, 3)]);
    }));

  it("sends metadata, authority and scheme as told", () =>
    withChannel(answering((id) => reply(id, MESSAGE)), async (channel, [peer]) => {
      await channel.call(PATH, REQUEST, 1_000);
      const text = new TextDecoder().decode(peer?.received());
      for (const word of ["https", "cloud.example:443", "authorization", "Bearer x"]) assert(text.includes(word), word);
    }, { authority: "cloud.example:443", scheme: "https", metadata: [["authorization", "Bearer x"]] }));
});

describe("GrpcChannel.call()", () => {
  it("gives message, status and the decoded status message", () =>
    withChannel(
      answering((id) => [
        headers(id, [[":status", "200"]]),
        headers(
          id,
          [["grpc-status", "5"], ["grpc-message", "not %C3%BCber 100%25"]],
          FrameFlag.endHeaders | FrameFlag.endStream,
        ),
      ]),
      async (channel) => {
        const { message, status, statusMessage } = await channel.call(PATH, REQUEST, 1_000);
        assertEquals([message, status, statusMessage], [NO_BYTES, 5, "not über 100%"]);
      },
    ));

  it("keeps one connection over many calls, also overlapping ones", () =>
    withChannel(answering((id) => reply(id, uint32(id))), async (channel, peers) => {
      for (let i = 0; i < 20; i++) await channel.call(PATH, REQUEST, 1_000);
      const replies = await Promise.all(Array.from({ length: 20 }, () => channel.call(PATH, REQUEST, 1_000)));
      assertEquals(
        replies.map(({ message }) => readUint32(message, 0)),
        Array.from({ length: 20 }, (_, i) => 41 + 2 * i),
      );
      assertEquals(peers.length, 1);
    }));

  it("reads a reply however it is cut, padded and spread over frames", () =>
    fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.integer({ min: 1, max: 60 }),
        fc.nat(20),
        async (message, cut, padBytes) => {
          const body = concatBytes([Uint8Array.of(0), uint32(message.length), message]);
          const block = encodeHeaders([[":status", "200"]]);
          const padded = (bytes: Uint8Array) => concatBytes([Uint8Array.of(padBytes), bytes, new Uint8Array(padBytes)]);
          const onConnect = (peer: FakePeer) =>
            serve(peer, (id) => {
              const bytes = concatBytes([
                SETTINGS,
                encodeFrame(FrameType.priority, 0, id, new Uint8Array(5)),
                encodeFrame(
                  FrameType.headers,
                  FrameFlag.endHeaders | FrameFlag.padded | FrameFlag.priority,
                  id,
                  padded(concatBytes([new Uint8Array(5), block])),
                ),
                encodeFrame(0xbe, 0, 0, Uint8Array.of(1)), // a type that nobody knows
                encodeFrame(FrameType.data, FrameFlag.padded, id, padded(body.slice(0, 4))),
                encodeFrame(FrameType.data, 0, id, NO_BYTES),
                encodeFrame(FrameType.data, 0, id, body.slice(4)),
                headers(id, [["grpc-status", "0"]], FrameFlag.endHeaders | FrameFlag.endStream),
              ]);
              for (let at = 0; at < bytes.length; at += cut) peer.send(bytes.slice(at, at + cut));
            });
          await withChannel(onConnect, async (channel) => {
            assertEquals((await channel.call(PATH, REQUEST, 1_000)).message, message);
          });
        },
      ),
      { numRuns: 40 },
    ));

  it("answers PING and SETTINGS, also between calls", () =>
    withChannel(answering((id) => reply(id, MESSAGE)), async (channel, [peer]) => {
      await channel.call(PATH, REQUEST, 1_000);
      peer?.send(encodeFrame(FrameType.ping, 0, 0, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)), SETTINGS);
      await new Promise((resume) => setTimeout(resume, 1));
      const acks = peer?.frames().filter((frame) => frame.flags === FrameFlag.ack && frame.type !== FrameType.data);
      assertEquals(acks?.map(({ type, payload }) => [type, payload.length]), [[FrameType.settings, 0], [
        FrameType.ping,
        8,
      ], [FrameType.settings, 0]]);
    }));

  it("takes another connection when the server ended the one that was kept", () =>
    withChannel(answering((id) => reply(id, MESSAGE)), async (channel, peers) => {
      await channel.call(PATH, REQUEST, 1_000);
      peers[0]?.end();
      await new Promise((resume) => setTimeout(resume, 1));
      assertEquals((await channel.call(PATH, REQUEST, 1_000)).status, 0);
      assertEquals(peers.length, 2);
    }));

  it("takes another connection after GOAWAY, and closes the old one", () =>
    withChannel(answering((id) => reply(id, MESSAGE)), async (channel, peers) => {
      await channel.call(PATH, REQUEST, 1_000);
      peers[0]?.send(goAway(0x7fffffff), encodeFrame(FrameType.ping, 0, 0, new Uint8Array(8)));
      await new Promise((resume) => setTimeout(resume, 1));
      await channel.call(PATH, REQUEST, 1_000);
      assertEquals(peers.map((peer) => peer.isClosedByClient()), [true, false]);
    }));

  it("finishes a call that GOAWAY lets finish", () =>
    withChannel(answering((id) => [goAway(id), ...reply(id, MESSAGE)]), async (channel, peers) => {
      assertEquals((await channel.call(PATH, REQUEST, 1_000)).message, MESSAGE);
      assertEquals(peers.length, 1);
    }));

  it("repeats a call that the server says it did not look at, once", async () => {
    const refuse = (id: number) => [goAway(id - 1)];
    await withChannel(
      (peer, count) => answering((id) => count === 1 ? refuse(id) : reply(id, MESSAGE))(peer),
      async (channel, peers) => {
        assertEquals((await channel.call(PATH, REQUEST, 1_000)).message, MESSAGE);
        assertEquals(peers.length, 2);
      },
    );
    await withChannel(answering(refuse), async (channel, peers) => {
      assertEquals(await failureOf(channel, 1_000), "refused");
      assertEquals(peers.length, 2);
    });
  });

  it("does not repeat a call that may have been carried out", async () => {
    await withChannel((peer) => serve(peer, () => (peer.send(SETTINGS), peer.end())), async (channel, peers) => {
      assertEquals(await failureOf(channel, 1_000), "closed");
      assertEquals(peers.length, 1);
    });
    const reset = (id: number) => [encodeFrame(FrameType.rstStream, 0, id, uint32(2))];
    await withChannel(answering(reset), async (channel, peers) => {
      assertEquals(await failureOf(channel, 1_000), "reset");
      assertEquals(peers.length, 1);
      assertEquals(await failureOf(channel, 1_000), "reset");
      assertEquals(peers.length, 1);
    });
  });

  it("times out on a silent server, and tries a new connection the next time", () =>
    withChannel(
      (peer, count) => count === 1 ? undefined : answering((id) => reply(id, MESSAGE))(peer),
      async (channel, peers) => {
        assertEquals(await failureOf(channel), "timeout");
        assert(peers[0]?.isClosedByClient());
        assertEquals((await channel.call(PATH, REQUEST, 1_000)).status, 0);
      },
    ));

  it("reads a response that arrived while this process was blocked, beyond the timeout", () =>
    withChannel((peer) => {
      peer.send(SETTINGS);
      serve(peer, (streamId) => {
        setTimeout(() => peer.send(...reply(streamId, MESSAGE)), 30); // due after the timeout, as what is read after a block
        block(200);
      });
    }, async (channel) => {
      assertEquals((await channel.call(PATH, REQUEST, 20)).status, 0);
    }));

  it("times out after a block, too, when no response has arrived", () =>
    withChannel((peer) => serve(peer, () => block(200)), async (channel) => {
      assertEquals(await failureOf(channel, 20), "timeout");
    }));

  it("times out when nothing can be written", () =>
    withChannel((peer) => peer.block(), async (channel) => {
      assertEquals(await failureOf(channel), "timeout");
    }));

  it("tells a server that is not gRPC", async () => {
    const text = (words: string) => new TextEncoder().encode(words);
    const first: Uint8Array[] = [
      text("HTTP/1.1 400 Bad Request\r\n\r\n"),
      text("SSH-2.0-OpenSSH_9.2\r\n"),
      encodeFrame(FrameType.ping, 0, 0, new Uint8Array(8)), // no SETTINGS before it
    ];
    for (const bytes of first) {
      await withChannel((peer) => peer.send(bytes), async (channel) => {
        const kind = await failureOf(channel, 1_000);
        assert(kind === "not-grpc" || kind === "unreachable", kind);
      });
    }
    const plainHttp = (id: number) => [headers(id, [[":status", "404"]], FrameFlag.endHeaders | FrameFlag.endStream)];
    await withChannel(answering(plainHttp), async (channel) => {
      const error = await assertRejects(() => channel.call(PATH, REQUEST, 1_000), GrpcError, "HTTP 404");
      assertEquals(error.kind, "not-grpc");
    });
    for (
      const body of [Uint8Array.of(0, 0, 0, 0, 9, 1), Uint8Array.of(1, 0, 0, 0, 1, 7), Uint8Array.of(0, 0), NO_BYTES]
    ) {
      const broken = (id: number) => [
        encodeFrame(FrameType.data, 0, id, body),
        headers(id, [["grpc-status", "0"]], FrameFlag.endHeaders | FrameFlag.endStream),
      ];
      await withChannel(
        answering(broken),
        async (channel) => assertEquals(await failureOf(channel, 1_000), "not-grpc"),
      );
    }
  });

  it("gives up on a peer that sends without end", async () => {
    const endless: Record<string, (id: number) => Uint8Array> = {
      headers: (id) => encodeFrame(FrameType.headers, 0, id, new Uint8Array(16_000)),
      trailers: (id) => headers(id, [["x", "y".repeat(4_000)]]),
      body: (id) => encodeFrame(FrameType.data, 0, id, new Uint8Array(16_384)),
      pings: () => encodeFrame(FrameType.ping, 0, 0, new Uint8Array(8)),
      settings: () => SETTINGS,
      "data for nobody": () => encodeFrame(FrameType.data, 0, 99, new Uint8Array(16_384)),
      pushes: (id) => encodeFrame(FrameType.pushPromise, FrameFlag.endHeaders, id, new Uint8Array(4)),
      "large frames": () => Uint8Array.of(255, 255, 255, 0, 0, 0, 0, 0, 1),
    };
    for (const [name, bytes] of Object.entries(endless)) {
      const flood = (peer: FakePeer) => {
        peer.send(SETTINGS);
        serve(peer, (id) => {
          for (let i = 0; i < 1_100 && !peer.isClosedByClient(); i++) peer.send(bytes(id));
        });
      };
      await withChannel(flood, async (channel, [peer]) => {
        assertEquals(await failureOf(channel, 5_000), "not-grpc", name);
        assert(peer?.isClosedByClient(), name);
      });
    }
  });

  it("gives up on a peer that floods it between calls", () =>
    withChannel(answering((id) => reply(id, MESSAGE)), async (channel, [peer]) => {
      await channel.call(PATH, REQUEST, 1_000);
      for (let i = 0; i < 1_100; i++) peer?.send(encodeFrame(FrameType.ping, 0, 0, new Uint8Array(8)));
      await new Promise((resume) => setTimeout(resume, 20));
      assert(peer?.isClosedByClient());
    }));

  it("does not send more than the peer's window", () => {
    const tiny = encodeFrame(FrameType.settings, 0, 0, encodeSettings([[4, 3]]));
    const onConnect = (peer: FakePeer, count: number) => {
      if (count > 1) return answering((id) => reply(id, MESSAGE))(peer);
      peer.send(tiny);
      serve(peer, (id) => peer.send(...reply(id, MESSAGE)));
    };
    return withChannel(onConnect, async (channel, peers) => {
      await new Promise((resume) => setTimeout(resume, 1));
      assertEquals((await channel.call(PATH, REQUEST, 1_000)).status, 0);
      assertEquals(peers.length, 2);
    });
  });

  it("fails after close(), and lets calls under way fail", async () => {
    const { connect } = fakeConnect(() => {});
    const channel = await openGrpcChannel(connect, ENDPOINT, 1_000);
    const call = channel.call(PATH, REQUEST, 5_000);
    channel.close();
    channel.close();
    assertEquals((await assertRejects(() => call, GrpcError)).kind, "closed");
    assertEquals(await failureOf(channel), "closed");
  });

  it("ends in time and never throws anything else, whatever the peer sends", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.uint8Array({ maxLength: 60 }),
            fc.record({
              type: fc.nat(10),
              flags: fc.nat(63),
              streamId: fc.constantFrom(0, 1, 2, 3),
              payload: fc.uint8Array({ maxLength: 40 }),
            }),
          ),
          { maxLength: 12 },
        ),
        fc.boolean(),
        async (items, hasEnd) => {
          const bytes = items.map((item) =>
            item instanceof Uint8Array ? item : encodeFrame(item.type, item.flags, item.streamId, item.payload)
          );
          await withChannel((peer) => {
            peer.send(SETTINGS, ...bytes);
            if (hasEnd) peer.end();
          }, async (channel) => {
            try {
              await channel.call(PATH, REQUEST, 20);
            } catch (error) {
              if (!(error instanceof GrpcError)) throw error;
            }
          });
        },
      ),
      { numRuns: 200 },
    ));
});
