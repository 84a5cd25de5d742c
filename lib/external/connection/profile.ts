import { isObject } from "../../text/json_value.ts";
import { LocalError } from "../../errors/local_error.ts";
import { Secret } from "./secret.ts";

/** The values that describe a connection to Temporal. */
export interface ConnectionValues {
  /** `host:port`. */
  address: string;
  namespace: string;
  apiKey: Secret;
  /** The path of a file that contains only the API key. */
  apiKeyFile: string;
  tls: boolean;
  clientCertPath: string;
  clientCertData: Secret;
  clientKeyPath: string;
  clientKeyData: Secret;
  serverCaPath: string;
  serverCaData: Secret;
  /** The expected name in the server's certificate, also sent as SNI (default: the host of the address). */
  serverName: string;
  disableHostVerification: boolean;
}

/** The name of one of {@linkcode ConnectionValues}. */
export type ConnectionKey = keyof ConnectionValues;

/** A value and its source, for messages: `--address`, `$TEMPORAL_ADDRESS`, `profile cloud in …/temporal.toml`. */
export interface Sourced<T> {
  value: T;
  from: string;
}

/** The values of one source: our settings, Temporal's variables or a profile. */
export type ClientProfile =
  & { [Key in ConnectionKey]?: Sourced<ConnectionValues[Key]> }
  & {
    /** Further gRPC metadata by lower-case name, which often contains credentials; null = explicitly none. */
    grpcMeta?: Readonly<Record<string, Sourced<Secret | null>>>;
  };

type Kind = "text" | "secret" | "answer";

/**
 * Temporal's names, from go.temporal.io/sdk/contrib/envconfig: the variable without `TEMPORAL_`, which is the key of
 * `temporal.toml` in capitals, and its former name in Temporal's CLI (client.go), which still takes precedence.
 */
const FIELDS: readonly [key: ConnectionKey, kind: Kind, name: string, former?: string][] = [
  ["address", "text", "ADDRESS"],
  ["namespace", "text", "NAMESPACE"],
  ["apiKey", "secret", "API_KEY"],
  ["tls", "answer", "TLS"],
  ["clientCertPath", "text", "TLS_CLIENT_CERT_PATH", "TLS_CERT"],
  ["clientCertData", "secret", "TLS_CLIENT_CERT_DATA", "TLS_CERT_DATA"],
  ["clientKeyPath", "text", "TLS_CLIENT_KEY_PATH", "TLS_KEY"],
  ["clientKeyData", "secret", "TLS_CLIENT_KEY_DATA", "TLS_KEY_DATA"],
  ["serverCaPath", "text", "TLS_SERVER_CA_CERT_PATH", "TLS_CA"],
  ["serverCaData", "secret", "TLS_SERVER_CA_CERT_DATA", "TLS_CA_DATA"],
  ["serverName", "text", "TLS_SERVER_NAME"],
  ["disableHostVerification", "answer", "TLS_DISABLE_HOST_VERIFICATION"],
];

const GRPC_META = "TEMPORAL_GRPC_META_";

/**
 * The values in Temporal's own variables. Ignores empty ones.
 *
 * @throws {LocalError} `usage` for an invalid boolean
 */
export function profileFromEnvironment(env: Readonly<Record<string, string | undefined>>): ClientProfile {
  const profile: Record<string, Sourced<unknown>> = {};
  for (const [key, kind, ...names] of FIELDS) {
    for (const name of names) {
      const text = env[`TEMPORAL_${name}`];
      if (text === undefined || text === "") continue;
      const from = `$TEMPORAL_${name}`;
      profile[key] = { value: kind === "answer" ? readAnswer(text, from) : valueOf(kind, text), from };
    }
  }
  const grpcMeta = Object.entries(env).flatMap(([name, text]): [string, Sourced<Secret | null>][] => {
    if (!name.startsWith(GRPC_META) || text === undefined) return [];
    return [[metaName(name.slice(GRPC_META.length)), {
      value: text === "" ? null : new Secret(text),
      from: `$${name}`,
    }]];
  });
  return { ...profile as ClientProfile, ...(grpcMeta.length === 0 ? {} : { grpcMeta: Object.fromEntries(grpcMeta) }) };
}

/**
 * The profile called `name` in `document`, a parsed `temporal.toml`; null if it does not exist. Ignores keys that are not
 * about the connection (`codec` …), as Temporal does.
 *
 * @param path For messages.
 * @throws {LocalError} `usage` for a value of the wrong type
 */
export function profileFromToml(document: unknown, name: string, path: string): ClientProfile | null {
  const from = `profile ${name} in ${path}`;
  const table = tableAt(tableAt(document, "profile", path), name, path);
  if (table === undefined) return null;
  const tls = tableAt(table, "tls", from);
  const profile: Record<string, Sourced<unknown>> = {};
  for (const [key, kind, variable] of FIELDS) {
    if (key === "tls") continue; // a table here
    const name = variable.toLowerCase().replace(/^tls_/, "tls.");
    const value = name.startsWith("tls.") ? tls?.[name.slice("tls.".length)] : table[name];
    if (value === undefined || value === "") continue;
    if (kind === "answer" && typeof value !== "boolean") throw wrongType(name, "true or false", from);
    if (kind !== "answer" && typeof value !== "string") throw wrongType(name, "a string", from);
    profile[key] = { value: typeof value === "string" ? valueOf(kind, value) : value, from };
  }
  // The presence of the table turns TLS on.
  if (tls !== undefined) {
    const { disabled = false } = tls;
    if (typeof disabled !== "boolean") throw wrongType("tls.disabled", "true or false", from);
    profile["tls"] = { value: !disabled, from };
  }
  const meta = tableAt(table, "grpc_meta", from);
  const grpcMeta = Object.entries(meta ?? {}).map(([key, value]): [string, Sourced<Secret>] => {
    if (typeof value !== "string") throw wrongType(`grpc_meta.${key}`, "a string", from);
    return [metaName(key), { value: new Secret(value), from }];
  });
  return { ...profile as ClientProfile, ...(grpcMeta.length === 0 ? {} : { grpcMeta: Object.fromEntries(grpcMeta) }) };
}

/** Merges profiles; values of earlier ones take precedence. */
export function mergeProfiles(...profiles: readonly ClientProfile[]): ClientProfile {
  const grpcMeta = Object.assign({}, ...profiles.map((profile) => profile.grpcMeta ?? {}).reverse());
  return { ...Object.assign({}, ...[...profiles].reverse()), grpcMeta };
}

function valueOf(kind: Kind, text: string): string | Secret {
  return kind === "secret" ? new Secret(text) : text;
}

/** Parses a boolean like `envVarToBool` of envconfig, but refuses anything else. */
function readAnswer(text: string, from: string): boolean {
  if (/^(1|true)$/i.test(text)) return true;
  if (/^(0|false)$/i.test(text)) return false;
  throw new LocalError("usage", `Invalid value \`${text}\` for ${from}: expected true or false`, {
    facts: { variable: from },
  });
}

/** gRPC metadata names are lower-case; underscores stand for hyphens, which variables cannot contain. */
function metaName(name: string): string {
  return name.toLowerCase().replaceAll("_", "-");
}

function tableAt(value: unknown, name: string, where: string): Record<string, unknown> | undefined {
  const entry = isObject(value) ? value[name] : undefined;
  if (entry !== undefined && !isObject(entry)) throw wrongType(name, "a table", where);
  return entry;
}

function wrongType(name: string, wanted: string, where: string): LocalError {
  return new LocalError("usage", `Invalid type of \`${name}\` in ${where}: expected ${wanted}`, {
    facts: { key: name, where },
  });
}
