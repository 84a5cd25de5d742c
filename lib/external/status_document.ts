import type { Failure } from "../errors/failure.ts";
import type { Check, ExternalConnection, Status } from "../instance/status/status.ts";
import type { ExternalTemporal } from "./connection/endpoint.ts";

/** The results of the checks in a status. */
export interface ExternalFindings {
  checks: Check[];
  isReached: boolean;
  serverVersion: string | null;
  failure: Failure | null;
}

/** The status document of an external Temporal. */
export function externalStatus(
  external: ExternalTemporal,
  { checks, isReached, serverVersion, failure }: ExternalFindings,
  home: string,
): Status {
  return {
    schema: 1,
    state: failure === null ? "running" : isReached ? "unhealthy" : "unknown",
    healthy: failure === null,
    managed: false,
    address: external.address,
    uiUrl: null,
    namespace: external.namespace,
    temporal: null,
    supervisor: null,
    restarts: 0,
    lastExit: null,
    checks,
    paths: { home, database: null, log: null },
    external: { serverVersion, ...connectionOf(external) },
    ...(failure === null ? {} : { failure }),
  };
}

function connectionOf({ tls, apiKey, origins }: ExternalTemporal): Omit<ExternalConnection, "serverVersion"> {
  return { tls: tls !== null, clientCertificate: tls?.client != null, apiKey: apiKey !== null, from: { ...origins } };
}
