import { type EnvironmentChange, withoutConnection } from "../environment/client_environment.ts";
import type { ExternalTemporal, Pem } from "./connection/endpoint.ts";

/** The profile that was asked for, and the file that it is in, absolute; null = nobody said. */
export interface AskedProfile {
  name: string | null;
  path: string | null;
}

/**
 * What a client needs to reach `external`, as the variables that Temporal's SDKs and command-line tool read. Those of
 * the caller's `env` that say something else about a connection go: an SDK that found a path from here and a text from
 * there would refuse both.
 *
 * @param apiKey The key itself, where there is one.
 * @param profile An SDK reads it again, and finds there what no variable says: its codec. Unless told, it would take what
 * is left open from the profile `default`.
 */
export function externalEnvironment(
  external: ExternalTemporal,
  apiKey: string | null,
  env: Readonly<Record<string, string | undefined>>,
  profile: AskedProfile,
): EnvironmentChange {
  const { tls } = external;
  return {
    ...withoutConnection(env),
    ...(profile.name === null ? {} : { TEMPORAL_PROFILE: profile.name }),
    ...(profile.path === null ? {} : { TEMPORAL_CONFIG_FILE: profile.path }),
    TEMPORAL_ADDRESS: external.address,
    TEMPORAL_NAMESPACE: external.namespace,
    ...(apiKey === null ? {} : { TEMPORAL_API_KEY: apiKey }),
    TEMPORAL_TLS: `${tls !== null}`,
    ...(tls === null ? {} : {
      ...pemVariables("SERVER_CA_CERT", tls.serverCa),
      ...pemVariables("CLIENT_CERT", tls.client?.cert ?? null),
      ...pemVariables("CLIENT_KEY", tls.client?.key ?? null),
      ...(tls.serverName === null ? {} : { TEMPORAL_TLS_SERVER_NAME: tls.serverName }),
      ...(tls.disableHostVerification ? { TEMPORAL_TLS_DISABLE_HOST_VERIFICATION: "true" } : {}),
    }),
    ...Object.fromEntries(
      Object.entries(external.grpcMeta).map(([name, value]) => [
        `TEMPORAL_GRPC_META_${name.toUpperCase().replaceAll("-", "_")}`,
        value.reveal(),
      ]),
    ),
  };
}

function pemVariables(name: string, pem: Pem | null): Record<string, string> {
  if (pem === null) return {};
  return "path" in pem
    ? { [`TEMPORAL_TLS_${name}_PATH`]: pem.path }
    : { [`TEMPORAL_TLS_${name}_DATA`]: pem.data.reveal() };
}

/** Whether a variable holds what nobody should read over somebody's shoulder. */
export function isSecretVariable(name: string): boolean {
  return /^TEMPORAL_(API_KEY$|GRPC_META_|TLS_CLIENT_KEY_DATA$)/.test(name);
}
