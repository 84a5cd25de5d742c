import { isIP } from "node:net";
import { connect as connectSocket } from "node:tls";
import { openConnection } from "./connect_node.ts";
import type { Connect } from "./connection.ts";

/** What a TLS connection is made with, all texts PEM. */
export interface TlsMaterial {
  /** What the server's certificate must bear, and SNI; null = the host that is connected to. */
  serverName: string | null;
  /** The authorities that are trusted; null = those that the runtime trusts. */
  ca: string | null;
  /** The client's certificate chain and its private key. */
  client: { cert: string; key: string } | null;
  /** Take any certificate. */
  disableHostVerification: boolean;
}

/** The peer was reached, and TLS did not come about. What the system said is the `cause`. */
export class TlsError extends Error {
  override readonly name = "TlsError";
}

/**
 * A `Connect` that speaks TLS and offers HTTP/2 by ALPN, which gRPC servers insist on. Over `node:tls` on both runtimes:
 * Deno's own sockets take no server name beside a client certificate.
 *
 * The `Connect` rejects with the system's error while nobody is reached, and with {@linkcode TlsError} after that. A
 * server may refuse a client certificate only after the handshake (TLS 1.3): then the first read tells.
 *
 * @param onReached Is called when the peer is reached, before the handshake.
 */
export function tlsConnect(material: TlsMaterial, onReached: () => void = () => {}): Connect {
  return async (endpoint, timeoutMs) => {
    const where = "path" in endpoint ? { path: endpoint.path } : { host: endpoint.host, port: endpoint.port };
    const host = "host" in endpoint ? endpoint.host : "localhost";
    // An address is not allowed as SNI (RFC 6066, section 3); the certificate is held against `host` then.
    const servername = material.serverName ?? (isIP(host) === 0 ? host : null);
    let isReached = false;
    try {
      const socket = connectSocket({
        ...where,
        ...(servername === null ? {} : { servername }),
        ...(material.ca === null ? {} : { ca: material.ca }),
        ...(material.client ?? {}),
        ALPNProtocols: ["h2"],
        rejectUnauthorized: !material.disableHostVerification,
      });
      socket.setNoDelay(true);
      socket.once("connect", () => {
        isReached = true;
        onReached();
      });
      return await openConnection(socket, "secureConnect", timeoutMs);
    } catch (cause) {
      if (!isReached && isSystemError(cause)) throw cause;
      throw new TlsError(cause instanceof Error ? cause.message : String(cause), { cause });
    }
  };
}

/** Whether it is of a system call, and not of the material. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && /^E[A-Z]+$/.test(error.code);
}
