import { isPort } from "../../config/settings.ts";
import { LocalError } from "../../errors/local_error.ts";
import type { ClientProfile, ConnectionKey } from "./profile.ts";
import type { Secret } from "./secret.ts";

/** A PEM text, or the file that it is in. */
export type Pem = { path: string } | { data: Secret };

/** How TLS is spoken with a server. */
export interface TlsOptions {
  /** What the certificate must bear, and SNI; null = the host of the address. */
  serverName: string | null;
  /** The authority that is trusted; null = those that this machine trusts. */
  serverCa: Pem | null;
  client: { cert: Pem; key: Pem } | null;
  disableHostVerification: boolean;
}

/** A Temporal that is not ours, and how to talk to it. */
export interface ExternalTemporal {
  /** `host:port`, as it was given. */
  address: string;
  host: string;
  port: number;
  namespace: string;
  /** Null = plain HTTP/2. */
  tls: TlsOptions | null;
  apiKey: Secret | { path: string } | null;
  grpcMeta: Readonly<Record<string, Secret>>;
  /** Who said what, for messages. */
  origins: Readonly<Partial<Record<ConnectionKey, string>>>;
}

/** Temporal's own default. */
const DEFAULT_NAMESPACE = "default";

/**
 * The Temporal that `profile` leads to. TLS is on where it is asked for, and where an API key or anything of TLS is
 * given, unless it is turned off: as Temporal's own tools have it. A key in a file, which only this tool knows, wins
 * over a key from Temporal's variables or profiles.
 *
 * @throws {LocalError} `usage`, when something is missing or two values contradict each other
 */
export function resolveExternal(profile: ClientProfile): ExternalTemporal {
  if (profile.address === undefined) {
    throw new LocalError("usage", "There is no address of the Temporal that this tool is to use and not to start", {
      hint: "Give --address HOST:PORT, `address` in config.yaml, $TEMPORAL_ADDRESS, or a profile of temporal.toml",
    });
  }
  const { host, port } = splitAddress(profile.address.value, profile.address.from);
  const origins: Partial<Record<ConnectionKey, string>> = {};
  for (const [key, given] of Object.entries(profile)) {
    if (key !== "grpcMeta") origins[key as ConnectionKey] = (given as { from: string }).from;
  }
  const grpcMeta: Record<string, Secret> = {};
  for (const [name, { value }] of Object.entries(profile.grpcMeta ?? {})) if (value !== null) grpcMeta[name] = value;
  return {
    address: profile.address.value,
    host,
    port,
    namespace: profile.namespace?.value ?? DEFAULT_NAMESPACE,
    tls: tlsOf(profile),
    apiKey: profile.apiKeyFile === undefined ? profile.apiKey?.value ?? null : { path: profile.apiKeyFile.value },
    grpcMeta,
    origins,
  };
}

/**
 * Host and port of `address`: `name:7233`, `127.0.0.1:7233`, `[::1]:7233`.
 *
 * @param from Who said it, for the message.
 * @throws {LocalError} `usage`
 */
export function splitAddress(address: string, from: string): { host: string; port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([\da-fA-F:.]+)\]|([^\s:/@[\]]+)):(\d{1,5})$/.exec(address) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host !== undefined && isPort(port)) return { host, port };
  throw new LocalError("usage", `${from} takes HOST:PORT: \`${address}\` was given`, {
    hint: "As in temporal.example.com:7233, without http:// or grpc://",
    facts: { address, from },
  });
}

function tlsOf(profile: ClientProfile): TlsOptions | null {
  if (profile.tls?.value === false) return null;
  const serverCa = pemOf(profile, "serverCaPath", "serverCaData", "a CA certificate");
  const cert = pemOf(profile, "clientCertPath", "clientCertData", "a client certificate");
  const key = pemOf(profile, "clientKeyPath", "clientKeyData", "a client key");
  const { serverName, disableHostVerification } = profile;
  const isWanted = [
    profile.tls,
    serverCa,
    cert,
    key,
    serverName,
    disableHostVerification,
    profile.apiKey,
    profile.apiKeyFile,
  ]
    .some((each) => each !== undefined && each !== null);
  if (!isWanted) return null;
  if ((cert === null) !== (key === null)) {
    const [there, missing] = cert === null ? ["key", "certificate"] : ["certificate", "key"];
    throw new LocalError("usage", `There is a client ${there} and no client ${missing}`, {
      hint: `A server that asks for certificates needs both: give --tls-${
        missing === "key" ? "key" : "cert"
      }-path, too`,
    });
  }
  return {
    serverName: serverName?.value ?? null,
    serverCa,
    client: cert === null || key === null ? null : { cert, key },
    disableHostVerification: disableHostVerification?.value === true,
  };
}

/** Temporal's SDKs refuse both, too, and those that we start would find both where a profile has the other one. */
function pemOf(
  profile: ClientProfile,
  pathKey: "serverCaPath" | "clientCertPath" | "clientKeyPath",
  dataKey: "serverCaData" | "clientCertData" | "clientKeyData",
  what: string,
): Pem | null {
  const { [pathKey]: path, [dataKey]: data } = profile;
  if (path !== undefined && data !== undefined) {
    throw new LocalError("usage", `${path.from} and ${data.from} both give ${what}`, {
      hint: "Give its path or its text, not both",
      facts: { from: [path.from, data.from] },
    });
  }
  if (path !== undefined) return { path: path.value };
  return data === undefined ? null : { data: data.value };
}
