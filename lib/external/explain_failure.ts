import type { Failure } from "../errors/failure.ts";
import { systemErrorCode } from "../errors/local_error.ts";
import { GrpcError, GrpcStatus } from "../grpc/error.ts";
import type { CheckFailure } from "../grpc/health.ts";
import { formatAddress } from "../instance/status/addresses.ts";
import { printableLine } from "../text/printable.ts";
import { quotedIfNeeded } from "../text/shell_word.ts";
import { temporalCommand, type TemporalTarget } from "../text/temporal_command.ts";
import type { ConnectedTemporal } from "./connection/credentials.ts";
import type { Pem } from "./connection/endpoint.ts";
import { causeChain, type TlsFailure, tlsFailureOf } from "./tls_failure.ts";

/** The system error code of `error` or of one of its causes. */
function deepErrorCode(error: unknown): string | undefined {
  return causeChain(error).map(systemErrorCode).find((code) => code !== undefined);
}

/** The failure of a connection. */
export function unreachable({ address, host, port, origins }: ConnectedTemporal, error: unknown): Failure {
  const text = causeOf(error);
  // Deno reports it without a code.
  const isNameless = /ENOTFOUND|EAI_AGAIN|EAI_NONAME|failed to lookup address/.test(`${deepErrorCode(error)} ${text}`);
  const code = isNameless ? "ENOTFOUND" : deepErrorCode(error) ?? text;
  const name = isNameless
    ? `Unknown host ${host}`
    : code === "ECONNREFUSED"
    ? `Connection to ${formatAddress(host, port)} refused`
    : code === "ETIMEDOUT"
    ? `Connection to ${formatAddress(host, port)} timed out`
    : `Cannot reach ${formatAddress(host, port)}`;
  return {
    code: "unreachable",
    message: `${name} (${code})`,
    hint: `Check the address (from ${origins.address}), and that Temporal is running there`,
    facts: { address, reason: code },
  };
}

/** The failure of TLS with a server that accepted the connection. */
export function tlsFailed({ address, host, tls, clientValidity }: ConnectedTemporal, error: unknown): Failure {
  const isBroken = deepErrorCode(error) === "ECONNRESET" || (error instanceof GrpcError && error.kind === "closed");
  const seen = tlsFailureOf(error) ?? (isBroken ? "broken" : "other");
  const isOfClient = ["no-certificate", "refused-certificate", "broken"].includes(seen);
  const isExpired = isOfClient && clientValidity !== null && clientValidity.toMs <= Date.now();
  const reason = isExpired ? "expired-client" : seen;
  const name = tls?.serverName ?? host;
  const cert = tls?.client?.cert.from;
  const texts: Record<TlsFailure | "broken" | "expired-client", [message: string, hint: string]> = {
    untrusted: [
      `The certificate of ${address} is signed by an unknown authority`,
      tls?.serverCa == null
        ? "Use --tls-ca-path FILE to trust its CA certificate"
        : `Check the CA certificates from ${tls.serverCa.from}`,
    ],
    expired: [
      `The certificate of ${address} has expired or is not valid yet`,
      "Renew it on the server, or check the clock",
    ],
    "wrong-name": [
      `The certificate of ${address} is not valid for ${name}`,
      "Use --tls-server-name NAME to set the expected name",
    ],
    "no-certificate": [
      `${address} requires a client certificate${cert === undefined ? "" : " and rejected the given one"}`,
      "Use --tls-cert-path FILE and --tls-key-path FILE",
    ],
    "refused-certificate": [
      `${address} rejected the client certificate`,
      `Check that the certificate from ${cert} has not expired, and that the server trusts its CA`,
    ],
    "expired-client": [
      `${address} rejected the client certificate, which expired at ${isoDate(clientValidity?.toMs)}`,
      `Renew the certificate from ${cert}`,
    ],
    "not-tls": [`${address} does not speak TLS`, "Use --tls=false if it is a Temporal without TLS"],
    broken: [
      `${address} closed the connection during the TLS handshake or right after it`,
      cert === undefined
        ? "It may require a client certificate: use --tls-cert-path and --tls-key-path"
        : `It may have rejected the client certificate from ${cert}`,
    ],
    other: [
      `The TLS handshake with ${address} failed`,
      `\`openssl s_client -connect ${quotedIfNeeded(address)}\` shows details`,
    ],
  };
  const [message, hint] = texts[reason];
  const text = causeOf(error);
  return {
    code: "tls-failed",
    message: `${message} (${deepErrorCode(error) ?? text})`,
    hint,
    facts: { address, reason, said: text },
  };
}

function isoDate(ms: number | undefined): string {
  return ms === undefined ? "an unknown time" : new Date(ms).toISOString();
}

/** Length to which texts from a server are truncated, in characters. */
export const MAX_REPLY_LENGTH = 300;

/** The message of the root cause. */
function causeOf(error: unknown): string {
  const text = causeChain(error).at(-1)?.message ?? String(error);
  return printableLine(text, MAX_REPLY_LENGTH); // may quote names from the server's certificate
}

const NAMES = { server: "GetSystemInfo", grpc: "Health/Check", namespace: "DescribeNamespace" };
/** Temporal Cloud also returns these for a missing namespace. */
const NOT_AUTHORIZED: readonly number[] = [GrpcStatus.unauthenticated, GrpcStatus.permissionDenied];

/** The server for Temporal's CLI. An API key is left to $TEMPORAL_API_KEY: other users can read arguments. */
function cliTarget({ address, namespace, tls }: ConnectedTemporal): TemporalTarget {
  if (tls === null) return { address, namespace };
  const path = (flag: string, pem: Pem | null | undefined) => pem != null && "path" in pem ? [flag, pem.path] : [];
  const flags = [
    "--tls",
    ...path("--tls-ca-path", tls.serverCa),
    ...path("--tls-cert-path", tls.client?.cert),
    ...path("--tls-key-path", tls.client?.key),
    ...(tls.serverName === null ? [] : ["--tls-server-name", tls.serverName]),
    ...(tls.disableHostVerification ? ["--tls-disable-host-verification"] : []),
  ];
  return { address, namespace, flags };
}

/** The failure of a request to a server that accepted the connection. */
export function notAsExpected(
  external: ConnectedTemporal,
  question: keyof typeof NAMES,
  answer: "not-serving" | "not-found" | CheckFailure,
): Failure {
  const { address, namespace, origins } = external;
  if (answer === "not-serving") {
    return {
      code: "not-serving",
      message: `Temporal at ${address} is not ready`,
      hint: "It may be starting: `stigmer-local wait` waits for it",
      facts: { address },
    };
  }
  if (answer === "not-found") {
    return {
      code: "namespace-missing",
      message: `Namespace \`${namespace}\` does not exist at ${address}`,
      hint: `Create it with \`${temporalCommand("operator namespace create", cliTarget(external))}\`, or ${
        origins.namespace === undefined ? "use another --namespace" : `change ${origins.namespace}`
      }`,
      facts: { address, namespace },
    };
  }
  const { error: text, kind, status } = answer;
  const facts = { address, said: text, ...(status === undefined ? { kind } : { status }) };
  if (status !== undefined && NOT_AUTHORIZED.includes(status)) return notAuthorized(external, text, facts);
  if (kind === "timeout") {
    return {
      code: "unreachable",
      message: `${address} accepted the connection but does not respond`,
      hint: `Check that the address (from ${origins.address}) is that of Temporal's frontend, and that it is healthy`,
      facts,
    };
  }
  if (kind === "closed" || kind === "not-grpc" || status === GrpcStatus.unimplemented) {
    return {
      code: "not-temporal",
      message: `The server at ${address} is not Temporal (${text})`,
      hint: external.tls === null
        ? "It may require TLS: use --tls"
        : "Use the address of Temporal's frontend, not that of its UI",
      facts,
    };
  }
  return {
    code: "not-serving",
    message: `Temporal at ${address} failed to answer ${NAMES[question]} (${text})`,
    hint: "See the log of the server; `stigmer-local wait` waits for it",
    facts,
  };
}

function notAuthorized(
  { address, namespace, apiKey, tls, origins }: ConnectedTemporal,
  text: string,
  facts: object,
): Failure {
  const key = origins.apiKeyFile ?? origins.apiKey;
  const sent = [
    ...(apiKey === null ? [] : [`the API key from ${key}`]),
    ...(tls?.client ? [`the client certificate from ${tls.client.cert.from}`] : []),
  ].join(" and ");
  return {
    code: "not-authorized",
    message: `${address} denied access to namespace \`${namespace}\` (${text})`,
    hint: sent === ""
      ? "Authenticate with $TEMPORAL_API_KEY, --api-key-file FILE or a client certificate"
      : `Check ${sent} and its permissions for this namespace`,
    facts: { ...facts, namespace },
  };
}
