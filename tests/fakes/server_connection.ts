import type { Connection, Endpoint } from "../../lib/platform/net/connection.ts";
import { fakeConnect, reply, serve, SETTINGS } from "../grpc/fake_peer.ts";

/** A gRPC message whose field 1 is 1: a health check calls that SERVING. */
const SERVING = Uint8Array.of(0x08, 0x01);

/** The process behind a connection. */
interface Server {
  isRunning(): boolean;
  exited: Promise<unknown>;
}

/** A connection to a server that answers each gRPC call with SERVING while it runs, or speaks no gRPC. */
export function temporalConnection(
  endpoint: Endpoint,
  timeoutMs: number,
  answers: "serves" | "is no Temporal",
  { isRunning, exited }: Server,
): Promise<Connection> {
  const { connect } = fakeConnect((peer) => {
    if (answers === "serves") {
      void exited.then(() => peer.end());
      peer.send(SETTINGS);
      serve(peer, (streamId) => isRunning() && peer.send(...reply(streamId, SERVING)));
    } else {
      peer.send(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"));
      peer.end();
    }
  });
  return connect(endpoint, timeoutMs);
}

/** A connection to a supervisor that answers. */
export function supervisorConnection(endpoint: Endpoint, timeoutMs: number): Promise<Connection> {
  const { connect } = fakeConnect((peer) => {
    peer.send(new TextEncoder().encode("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"));
    peer.end();
  });
  return connect(endpoint, timeoutMs);
}
