import { isPort } from "../../config/settings.ts";
import { LocalError } from "../../errors/local_error.ts";
import type { ClientProfile, ConnectionKey } from "./profile.ts";
import type { Secret } from "./secret.ts";

/** A PEM text, or the path of its file, and the source of it, for messages. */
export type Pem = ({ path: string } | { data: Secret }) & { from: string };

/** The TLS options of a connection. */
export interface TlsOptions {
  /** The expected name in the certificate, also sent as SNI; null = the host of the address. */
  serverName: string | null;
  /** The trusted CA certificates; null = those of this machine. */
  serverCa: Pem | null;
  client: { cert: Pem; key: Pem } | null;
  disableHostVerification: boolean;
}

/** An external Temporal, and how to connect to it. */
export interface ExternalTemporal {
  /** `host:port`, as given. */
  address: string;
  host: string;
  port: number;
  namespace: string;
  /** Null = plain HTTP/2. */
  tls: TlsOptions | null;
  apiKey: Secret | { path: string } | null;
  grpcMeta: Readonly<Record<string, Secret>>;
  /** The source of each value, for messages. */
  origins: Readonly<Partial<Record<ConnectionKey, string>>>;
}

/** Temporal's default. */
const DEFAULT_NAMESPACE = "default";

/**
 * The external Temporal that `profile` describes. As in Temporal's tools, TLS is on if requested, or with an API key or
 * any TLS option, unless it is turned off. An API key file, which only this tool supports, takes precedence over a key
 * from Temporal's variables or profiles.
 *
 * @throws {LocalError} `usage` for missing or contradicting values
 */
export function resolveExternal(profile: ClientProfile): ExternalTemporal {
  if (profile.address === undefined) {
    throw new LocalError("usage", "Missing address of the external Temporal", {
      hint: "Set --address HOST:PORT, `address` in config.yaml, $TEMPORAL_ADDRESS or a profile in temporal.toml",
    });
  }
  const { host, port } = splitAddress(profile.address.value, profile.address.from);
  const { grpcMeta = {}, ...values } = profile;
  const metadata = Object.entries(grpcMeta).flatMap(([name, { value }]) => value === null ? [] : [[name, value]]);
  return {
    address: profile.address.value,
    host,
    port,
    namespace: profile.namespace?.value ?? DEFAULT_NAMESPACE,
    tls: tlsOf(profile),
    apiKey: profile.apiKeyFile === undefined ? profile.apiKey?.value ?? null : { path: profile.apiKeyFile.value },
    grpcMeta: Object.fromEntries(metadata),
    origins: Object.fromEntries(Object.entries(values).map(([key, { from }]) => [key, from])),
  };
}

/**
 * Host and port of `address`: `name:7233`, `127.0.0.1:7233`, `[::1]:7233`.
 *
 * @param from The source of the address, for the message.
 * @throws {LocalError} `usage`
 */
export function splitAddress(address: string, from: string): { host: string; port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([\da-fA-F:.]+)\]|([^\s:/@[\]]+)):(\d{1,5})$/.exec(address) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host !== undefined && isPort(port)) return { host, port };
  throw new LocalError("usage", `Invalid address \`${address}\` from ${from}: expected HOST:PORT`, {
    hint: "For example temporal.example.com:7233, without http:// or grpc://",
    facts: { address, from },
  });
}

function tlsOf(profile: ClientProfile): TlsOptions | null {
  if (profile.tls?.value === false) return null;
  const serverCa = pemOf(profile, "serverCaPath", "serverCaData", "a CA certificate");
  const cert = pemOf(profile, "clientCertPath", "clientCertData", "a client certificate");
  const key = pemOf(profile, "clientKeyPath", "clientKeyData", "a client key");
  const { tls, serverName, disableHostVerification, apiKey, apiKeyFile } = profile;
  const reasons = [tls, serverCa, cert, key, serverName, disableHostVerification, apiKey, apiKeyFile];
  if (reasons.every((reason) => reason === undefined || reason === null)) return null;
  if ((cert === null) !== (key === null)) {
    const [given, missing] = cert === null ? ["key", "certificate"] : ["certificate", "key"];
    throw new LocalError("usage", `The client ${given} was given without a client ${missing}`, {
      hint: `Set --tls-${missing === "key" ? "key" : "cert"}-path, too`,
    });
  }
  return {
    serverName: serverName?.value ?? null,
    serverCa,
    client: cert === null || key === null ? null : { cert, key },
    disableHostVerification: disableHostVerification?.value === true,
  };
}

/** The path or the text of a PEM value; refuses both, as Temporal's SDKs do. */
function pemOf(
  profile: ClientProfile,
  pathKey: "serverCaPath" | "clientCertPath" | "clientKeyPath",
  dataKey: "serverCaData" | "clientCertData" | "clientKeyData",
  what: string,
): Pem | null {
  const { [pathKey]: path, [dataKey]: data } = profile;
  if (path !== undefined && data !== undefined) {
    throw new LocalError("usage", `${path.from} and ${data.from} both set ${what}`, {
      hint: "Set either its path or its text",
      facts: { from: [path.from, data.from] },
    });
  }
  if (path !== undefined) return { path: path.value, from: path.from };
  return data === undefined ? null : { data: data.value, from: data.from };
}
