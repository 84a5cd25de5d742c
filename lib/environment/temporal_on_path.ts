import { instancePaths } from "../instance/paths.ts";
import type { Host } from "../platform/runtime/host.ts";
import type { EnvironmentChange } from "./client_environment.ts";

/**
 * PATH with the instance's own `temporal` first. The folder holds nothing else, so that no other command is found in
 * another place than before. No change where there is no link (its supervisor is an older one, or could not make it), where
 * the caller has no PATH, or where the home cannot stand in one.
 */
export function temporalOnPath(host: Pick<Host, "env" | "exists">, home: string): EnvironmentChange {
  const { temporalLink } = instancePaths(home);
  const folder = temporalLink.slice(0, temporalLink.lastIndexOf("/"));
  const path = host.env["PATH"] ?? "";
  if (path === "" || folder.includes(":") || path.split(":")[0] === folder || !host.exists(temporalLink)) return {};
  return { PATH: `${folder}:${path}` };
}
