import { readdirSync, realpathSync, statSync } from "node:fs";
import { compareVersions, isVersion } from "../config/temporal_versions.ts";
import { systemErrorCode } from "../errors/local_error.ts";
import { findTemporal } from "../instance/find_temporal.ts";
import { instancePaths } from "../instance/paths.ts";
import { processesHere } from "../platform/processes/processes_here.ts";

/** A Temporal binary installed in a home. */
export interface ManagedBinary {
  version: string;
  path: string;
  sizeBytes: number;
  /** The home's Temporal is running it, or its supervisor will. */
  isRunning: boolean;
}

/** The managed binaries of `home`, oldest version first. */
export function managedBinaries(home: string, platform: string): ManagedBinary[] {
  const { binDir } = instancePaths(home);
  const versions = installedVersions(home);
  if (versions.length === 0) return [];
  const inUse = binariesInUse(home, platform);
  return versions.flatMap((version) => {
    const path = `${binDir}/temporal-${version}`;
    const info = statSync(path, { throwIfNoEntry: false });
    if (info === undefined || !info.isFile()) return [];
    const isRunning = inUse.has(path) || inUse.has(realpathSync(path));
    return [{ version, path, sizeBytes: info.size, isRunning }];
  });
}

/** The versions in the home's `bin` according to the names of the files, oldest first. */
export function installedVersions(home: string): string[] {
  return namesIn(instancePaths(home).binDir)
    .flatMap((name) => name.startsWith("temporal-") ? [name.slice("temporal-".length)] : [])
    .filter(isVersion)
    .sort(compareVersions);
}

/** Paths of the running Temporal's binary, or of the last launched one while its supervisor is between two launches. */
function binariesInUse(home: string, platform: string): Set<string> {
  const paths = instancePaths(home);
  const processes = processesHere(platform);
  const { temporal, onDisk } = findTemporal(paths, processes);
  const record = onDisk.kind === "record" ? onDisk.record : null;
  const isSupervised = processes.lockHolders(paths.supervisorLock).length > 0;
  const seen = [
    temporal?.leader?.executable,
    ...(temporal !== null || isSupervised ? [record?.binary, record?.executable] : []),
  ];
  return new Set(seen.filter((path) => typeof path === "string"));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw error;
  }
}
