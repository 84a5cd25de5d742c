import type { Status } from "./status.ts";

/** What is told of a Temporal that is not ours, under the headline. */
export function externalRows({ address, namespace, external }: Status): [string, string | null][] {
  if (external === undefined) return [];
  const { tls, clientCertificate, apiKey, from, serverVersion } = external;
  const credentials = [...(clientCertificate ? ["client certificate"] : []), ...(apiKey ? ["API key"] : [])];
  return [
    ["Address", `${address} (${from["address"]})`],
    ["Namespace", namespace],
    ["TLS", `${tls ? "yes" : "no"}${credentials.length === 0 ? "" : `, with ${credentials.join(" and ")}`}`],
    ["Server", serverVersion === null ? null : `Temporal ${serverVersion}`],
    ["Managed", "no: it is not ours to start or stop"],
  ];
}
