import { autoPortsOf, portCandidate, type Ports, withPorts } from "../config/auto_ports.ts";
import { completeSettings, isPort, type RequestedSettings, type Settings } from "../config/settings.ts";
import { readJsonFile, writeJsonFile } from "../platform/files/json_file.ts";
import type { InstancePaths } from "./paths.ts";

/** The ports that `auto` allocated for a home; those not allocated yet, or invalid, are absent. */
export function readPortsFile(paths: Pick<InstancePaths, "ports">): Partial<Ports> {
  const { port, uiPort } = readJsonFile(paths.ports, 4096);
  return { ...(isPort(port) ? { port } : {}), ...(isPort(uiPort) ? { uiPort } : {}) };
}

/**
 * Saves the ports for the next start.
 *
 * @throws the system's error
 */
export function writePortsFile(paths: Pick<InstancePaths, "ports">, ports: Partial<Ports>): void {
  writeJsonFile(paths.ports, ports);
}

/**
 * The whole settings for what is requested: the rest is that of `base`, else the default. `auto` is replaced by the home's
 * saved ports, or by the first candidates if none are saved.
 */
export function resolveSettings(
  requested: RequestedSettings,
  paths: Pick<InstancePaths, "home" | "ports" | "defaultDatabase">,
  base?: Settings,
): Settings {
  const saved = autoPortsOf(requested).length === 0 ? {} : readPortsFile(paths);
  const ports = { ...portCandidate(paths.home, 0), ...saved };
  return completeSettings(withPorts(requested, ports), paths.defaultDatabase, base);
}
