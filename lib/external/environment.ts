import { type EnvironmentChange, withoutConnection } from "../environment/client_environment.ts";
import type { Pem } from "./connection/endpoint.ts";
import type { ExternalTarget } from "./target.ts";

type Connection = Pick<ExternalTarget, "address" | "namespace" | "tls" | "apiKey" | "grpcMeta" | "profile">;

/**
 * The variables with which Temporal's SDKs and CLI connect to an external Temporal. Unsets other connection variables of the
 * caller's `env`: an SDK refuses, for example, a path from one source and a text from another.
 *
 * A requested profile is passed on: SDKs read it again, for settings without a variable such as the codec. Without it, they
 * would fill in missing values from the profile `default`.
 */
export function externalEnvironment(
  { address, namespace, tls, apiKey, grpcMeta, profile }: Connection,
  env: Readonly<Record<string, string | undefined>>,
): EnvironmentChange {
  return {
    ...withoutConnection(env),
    ...(profile.name === null ? {} : { TEMPORAL_PROFILE: profile.name }),
    ...(profile.path === null ? {} : { TEMPORAL_CONFIG_FILE: profile.path }),
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    ...(apiKey === null ? {} : { TEMPORAL_API_KEY: apiKey.reveal() }),
    TEMPORAL_TLS: `${tls !== null}`,
    ...(tls === null ? {} : {
      ...pemVariables("SERVER_CA_CERT", tls.serverCa),
      ...pemVariables("CLIENT_CERT", tls.client?.cert ?? null),
      ...pemVariables("CLIENT_KEY", tls.client?.key ?? null),
      ...(tls.serverName === null ? {} : { TEMPORAL_TLS_SERVER_NAME: tls.serverName }),
      ...(tls.disableHostVerification ? { TEMPORAL_TLS_DISABLE_HOST_VERIFICATION: "true" } : {}),
    }),
    ...Object.fromEntries(
      Object.entries(grpcMeta).map(([name, value]) => [
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

/** Whether the value of a variable is secret, and must not appear on a screen. */
export function isSecretVariable(name: string): boolean {
  return /^TEMPORAL_(API_KEY$|GRPC_META_|TLS_CLIENT_KEY_DATA$)/.test(name);
}
