import type { Status } from "./status.ts";

/** A row of a status card, which is left out if its value is null. */
export type StatusRow = [name: string, value: string | null];

/** The rows of the status card of an external Temporal. */
export function externalRows({ address, namespace, external, paths }: Status): StatusRow[] {
  if (external === undefined) return [];
  const { tls, clientCertificate, apiKey, from, serverVersion } = external;
  const credentials = [...(clientCertificate ? ["client certificate"] : []), ...(apiKey ? ["API key"] : [])];
  return [
    ["Address", `${address} (${from["address"]})`],
    ["Namespace", namespace],
    ["TLS", `${tls ? "yes" : "no"}${credentials.length === 0 ? "" : `, with ${credentials.join(" and ")}`}`],
    ["Server", serverVersion === null ? null : `Temporal ${serverVersion}`],
    ["Project", paths.project ?? null],
    ["Managed", "no (external; stigmer-local does not start or stop it)"],
  ];
}
