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

interface Field {
  key: ConnectionKey;
  kind: "text" | "secret" | "answer";
  env: string;
  /** The former name in Temporal's CLI, which still takes precedence. */
  formerEnv?: string;
  toml: { name: string; inTls: boolean } | null;
}

const field = (key: ConnectionKey, kind: Field["kind"], env: string, toml: string): Field => ({
  key,
  kind,
  env: `TEMPORAL_${env}`,
  toml: { name: toml, inTls: false },
});
const tlsField = (
  key: ConnectionKey,
  kind: Field["kind"],
  env: string,
  toml: string | null,
  formerEnv?: string,
): Field => ({
  key,
  kind,
  env: `TEMPORAL_TLS${env}`,
  ...(formerEnv === undefined ? {} : { formerEnv: `TEMPORAL_TLS_${formerEnv}` }),
  toml: toml === null ? null : { name: toml, inTls: true },
});

/** Temporal's names, from go.temporal.io/sdk/contrib/envconfig; the former ones from client.go of its CLI. */
const FIELDS: readonly Field[] = [
  field("address", "text", "ADDRESS", "address"),
  field("namespace", "text", "NAMESPACE", "namespace"),
  field("apiKey", "secret", "API_KEY", "api_key"),
  tlsField("tls", "answer", "", null),
  tlsField("clientCertPath", "text", "_CLIENT_CERT_PATH", "client_cert_path", "CERT"),
  tlsField("clientCertData", "secret", "_CLIENT_CERT_DATA", "client_cert_data", "CERT_DATA"),
  tlsField("clientKeyPath", "text", "_CLIENT_KEY_PATH", "client_key_path", "KEY"),
  tlsField("clientKeyData", "secret", "_CLIENT_KEY_DATA", "client_key_data", "KEY_DATA"),
  tlsField("serverCaPath", "text", "_SERVER_CA_CERT_PATH", "server_ca_cert_path", "CA"),
  tlsField("serverCaData", "secret", "_SERVER_CA_CERT_DATA", "server_ca_cert_data", "CA_DATA"),
  tlsField("serverName", "text", "_SERVER_NAME", "server_name"),
  tlsField("disableHostVerification", "answer", "_DISABLE_HOST_VERIFICATION", "disable_host_verification"),
];

const GRPC_META = "TEMPORAL_GRPC_META_";

/**
 * The values in Temporal's own variables. Ignores empty ones.
 *
 * @throws {LocalError} `usage` for an invalid boolean
 */
export function profileFromEnvironment(env: Readonly<Record<string, string | undefined>>): ClientProfile {
  const profile: Record<string, Sourced<unknown>> = {};
  for (const { key, kind, env: name, formerEnv } of FIELDS) {
    for (const variable of [name, formerEnv]) {
      const text = variable === undefined ? undefined : env[variable];
      if (text === undefined || text === "") continue;
      const from = `$${variable}`;
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
  for (const { key, kind, toml } of FIELDS) {
    const value = toml === null ? undefined : (toml.inTls ? tls : table)?.[toml.name];
    if (toml === null || value === undefined || value === "") continue;
    const isOfType = kind === "answer" ? typeof value === "boolean" : typeof value === "string";
    if (!isOfType) {
      throw wrongType(
        `${toml.inTls ? "tls." : ""}${toml.name}`,
        kind === "answer" ? "true or false" : "a string",
        from,
      );
    }
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

function valueOf(kind: Field["kind"], text: string): string | Secret {
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
  const entry = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  if (entry === undefined) return undefined;
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) throw wrongType(name, "a table", where);
  return entry as Record<string, unknown>;
}

function wrongType(name: string, wanted: string, where: string): LocalError {
  return new LocalError("usage", `Invalid type of \`${name}\` in ${where}: expected ${wanted}`, {
    facts: { key: name, where },
  });
}
