import { isIP } from "node:net";
import { connect as connectSocket } from "node:tls";
import { messageOf, systemErrorCode } from "../../errors/local_error.ts";
import { openConnection } from "./connect_node.ts";
import type { Connect } from "./connection.ts";

/** Options of a TLS connection; certificates and keys as PEM. */
export interface TlsMaterial {
  /** Expected name in the server's certificate, also sent as SNI; null = the host of the endpoint. */
  serverName: string | null;
  /** Trusted certificate authorities; null = those of the runtime. */
  ca: string | null;
  /** Client certificate chain and private key. */
  client: { cert: string; key: string } | null;
  /** Accept any certificate. */
  disableHostVerification: boolean;
}

/** The peer was reached, but the TLS handshake failed. The original error is the `cause`. */
export class TlsError extends Error {
  override readonly name = "TlsError";
}

/**
 * A `Connect` over TLS that offers HTTP/2 by ALPN, which gRPC servers require. Uses `node:tls` on both runtimes: Deno's
 * own sockets accept no server name together with a client certificate.
 *
 * Rejects with the system's error if the peer is not reached, and with {@linkcode TlsError} afterwards. With TLS 1.3 a
 * server may reject a client certificate after the handshake: then the first read fails.
 *
 * @param onReached Called when the peer is reached, before the handshake.
 */
export function tlsConnect(material: TlsMaterial, onReached: () => void): Connect {
  return async (endpoint, timeoutMs) => {
    const host = "host" in endpoint ? endpoint.host : "localhost";
    // An IP address is not allowed as SNI (RFC 6066, section 3); the certificate is then checked against `host`.
    const servername = material.serverName ?? (isIP(host) === 0 ? host : null);
    let isReached = false;
    try {
      const socket = connectSocket({
        ...endpoint,
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
      const isOfSystem = /^E[A-Z]+$/.test(systemErrorCode(cause) ?? ""); // not of a certificate or key
      if (!isReached && isOfSystem) throw cause;
      throw new TlsError(messageOf(cause), { cause });
    }
  };
}
