import type { Failure } from "../errors/failure.ts";
import { systemErrorCode } from "../errors/local_error.ts";
import { GrpcError } from "../grpc/error.ts";
import type { CheckFailure } from "../grpc/health.ts";
import { formatAddress } from "../instance/status/addresses.ts";
import { printableLine } from "../text/printable.ts";
import type { Credentials } from "./connection/credentials.ts";
import type { ExternalTemporal } from "./connection/endpoint.ts";
import { type TlsFailure, tlsFailureOf } from "./tls_failure.ts";

/** The system's code of `error`, or of what caused it. */
export function deepErrorCode(error: unknown): string | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    const code = systemErrorCode(each);
    if (code !== undefined) return code;
  }
  return undefined;
}

/** Why nobody was reached. */
export function unreachable({ address, host, port, origins }: ExternalTemporal, error: unknown): Failure {
  const said = causeOf(error);
  // Deno has words for it, and no code.
  const isNameless = /ENOTFOUND|EAI_AGAIN|EAI_NONAME|failed to lookup address/.test(`${deepErrorCode(error)} ${said}`);
  const code = isNameless ? "ENOTFOUND" : deepErrorCode(error) ?? said;
  const name = isNameless
    ? `There is no host called ${host}`
    : code === "ECONNREFUSED"
    ? `Nobody listens at ${formatAddress(host, port)}`
    : code === "ETIMEDOUT"
    ? `${formatAddress(host, port)} does not answer`
    : `${formatAddress(host, port)} can't be reached`;
  return {
    code: "unreachable",
    message: `${name} (${code})`,
    hint: `The address comes from ${origins.address}; is it right, and is that Temporal up?`,
    facts: { address, reason: code },
  };
}

/** Why there is no TLS with a server that was reached. */
export function tlsFailed(
  external: ExternalTemporal,
  error: unknown,
  clientValidity: Credentials["clientValidity"],
): Failure {
  const { address, host, tls, origins } = external;
  const isBroken = deepErrorCode(error) === "ECONNRESET" || (error instanceof GrpcError && error.kind === "closed");
  const seen = tlsFailureOf(error) ?? (isBroken ? "broken" : "other");
  const isOfClient = ["no-certificate", "refused-certificate", "broken"].includes(seen);
  const isExpired = isOfClient && clientValidity !== null && clientValidity.toMs <= Date.now();
  const reason = isExpired ? "expired-client" : seen;
  const name = tls?.serverName ?? host;
  const cert = origins.clientCertPath ?? origins.clientCertData;
  const texts: Record<TlsFailure | "broken" | "expired-client", [message: string, hint: string]> = {
    untrusted: [
      `The certificate of ${address} is signed by an authority that is not trusted here`,
      tls?.serverCa == null
        ? "--tls-ca-path FILE names the authority to trust"
        : `The authorities come from ${origins.serverCaPath ?? origins.serverCaData}: is the right one among them?`,
    ],
    expired: [
      `The certificate of ${address} has expired, or is not valid yet`,
      "Renew it on the server; is the clock right?",
    ],
    "wrong-name": [
      `The certificate of ${address} is for another name than ${name}`,
      "--tls-server-name NAME says which name it bears",
    ],
    "no-certificate": [
      `${address} asks for a client certificate${cert === undefined ? "" : ", and takes none of what it was given"}`,
      "--tls-cert-path FILE and --tls-key-path FILE give it",
    ],
    "refused-certificate": [
      `${address} does not take the client certificate`,
      `It comes from ${cert}: is it of an authority that the server trusts, and not expired?`,
    ],
    "expired-client": [
      `${address} does not take the client certificate: it expired at ${isoDate(clientValidity?.toMs)}`,
      `It comes from ${cert}: renew it`,
    ],
    "not-tls": [`${address} does not speak TLS`, "--tls=false speaks to it without, where it is Temporal at all"],
    broken: [
      `${address} ended the connection during the TLS handshake, or right after it`,
      cert === undefined
        ? "It may ask for a client certificate: --tls-cert-path and --tls-key-path give it"
        : `It may not take the client certificate, which comes from ${cert}`,
    ],
    other: [`There is no TLS with ${address}`, "openssl s_client -connect … tells more"],
  };
  const [message, hint] = texts[reason];
  const said = causeOf(error);
  return {
    code: "tls-failed",
    message: `${message} (${deepErrorCode(error) ?? said})`,
    hint,
    facts: { address, reason, said },
  };
}

function isoDate(ms: number | undefined): string {
  return ms === undefined ? "an unknown time" : new Date(ms).toISOString();
}

/** What a server may say about itself or a failure, in characters. */
export const MAX_SAID = 300;

/** The words of the first of all causes. */
function causeOf(error: unknown): string {
  let said = String(error);
  for (let each = error; each instanceof Error; each = each.cause) said = each.message;
  return printableLine(said, MAX_SAID); // it may quote the names in the server's certificate
}

const NAMES = { server: "GetSystemInfo", grpc: "Health/Check", namespace: "DescribeNamespace" };
const UNIMPLEMENTED = 12;
/** UNAUTHENTICATED, and PERMISSION_DENIED, which is also what Temporal Cloud says of a namespace that is not there. */
const NOT_AUTHORIZED = [16, 7];

/** Why Temporal can't be used, although somebody answers at its address. */
export function notAsExpected(
  external: ExternalTemporal,
  question: keyof typeof NAMES,
  answer: "not-serving" | "not-found" | CheckFailure,
): Failure {
  const { address, namespace, origins } = external;
  if (answer === "not-serving") {
    return {
      code: "not-serving",
      message: `Temporal at ${address} does not serve`,
      hint: "It may be starting: `stigmer-local wait` waits for it",
      facts: { address },
    };
  }
  if (answer === "not-found") {
    return {
      code: "namespace-missing",
      message: `There is no namespace \`${namespace}\` at ${address}`,
      hint: origins.namespace === undefined
        ? "--namespace names another one; `temporal operator namespace create` makes it"
        : `It comes from ${origins.namespace}; \`temporal operator namespace create\` makes it`,
      facts: { address, namespace },
    };
  }
  const { error: said, kind, status } = answer;
  const facts = { address, said, ...(status === undefined ? { kind } : { status }) };
  if (status !== undefined && NOT_AUTHORIZED.includes(status)) return notAuthorized(external, said, facts);
  if (kind === "timeout") {
    return {
      code: "unreachable",
      message: `${address} took the connection, and does not answer`,
      hint: `The address comes from ${origins.address}; is it Temporal's, and is that Temporal well?`,
      facts,
    };
  }
  if (kind === "closed" || kind === "not-grpc" || status === UNIMPLEMENTED) {
    return {
      code: "not-temporal",
      message: `Something else than Temporal answers at ${address} (${said})`,
      hint: external.tls === null
        ? "It may want TLS: --tls"
        : "Is this the address of Temporal's frontend, and not of its UI?",
      facts,
    };
  }
  return {
    code: "not-serving",
    message: `Temporal at ${address} does not answer ${NAMES[question]} (${said})`,
    hint: "Its own log tells why; `stigmer-local wait` waits for it",
    facts,
  };
}

function notAuthorized(
  { address, namespace, apiKey, tls, origins }: ExternalTemporal,
  said: string,
  facts: object,
): Failure {
  const key = origins.apiKeyFile ?? origins.apiKey;
  const shown = [
    ...(apiKey === null ? [] : [`the API key from ${key}`]),
    ...(tls?.client ? [`the client certificate from ${origins.clientCertPath ?? origins.clientCertData}`] : []),
  ].join(" and ");
  return {
    code: "not-authorized",
    message: `${address} refuses us the namespace \`${namespace}\` (${said})`,
    hint: shown === ""
      ? "It wants to know who we are: $TEMPORAL_API_KEY, --api-key-file FILE, or a client certificate"
      : `It was shown ${shown}: is it valid, and for this namespace?`,
    facts: { ...facts, namespace },
  };
}
