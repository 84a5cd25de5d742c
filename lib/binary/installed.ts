import { readdirSync, realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { compareVersions, isVersion } from "../config/temporal_versions.ts";
import { orNull } from "../errors/system_error.ts";
import { findProcess } from "../instance/find_process.ts";
import { instancePaths, managedBinaryPath } from "../instance/paths.ts";
import type { Processes } from "../platform/processes/processes.ts";
import { processesHere } from "../platform/processes/processes_here.ts";
import { binaryFolders, type StorePlace } from "./store.ts";

/** An installed Temporal binary. */
export interface ManagedBinary {
  version: string;
  path: string;
  sizeBytes: number;
  /** The homes whose Temporal is running it, or whose supervisor will. */
  usedBy: string[];
}

/** The managed binaries that the instance finds, in its home and in the store of this user, oldest version first. */
export function managedBinaries(place: StorePlace, platform: string): ManagedBinary[] {
  const found = binaryFolders(place).flatMap((folder) =>
    versionsIn(folder).flatMap((version) => {
      const path = managedBinaryPath(folder, version);
      const info = statSync(path, { throwIfNoEntry: false });
      return info === undefined || !info.isFile() ? [] : [{ version, path, sizeBytes: info.size }];
    })
  );
  if (found.length === 0) return [];
  const processes = processesHere(platform);
  const own = realPath(place.home);
  const others = new Set(liveHomes(processes).filter((home) => home !== own));
  const uses = [place.home, ...others].map((home) => ({ home, binaries: binariesInUse(home, processes) }));
  return found.map((binary) => {
    const names = [binary.path, realPath(binary.path)];
    const usedBy = uses.filter(({ binaries }) => names.some((name) => binaries.has(name))).map(({ home }) => home);
    return { ...binary, usedBy };
  }).sort((a, b) => compareVersions(a.version, b.version));
}

/** The versions that the instance finds, by the names of the files, oldest first. */
export function installedVersions(place: StorePlace): string[] {
  return [...new Set(binaryFolders(place).flatMap(versionsIn))].sort(compareVersions);
}

function versionsIn(folder: string): string[] {
  const names = orNull(() => readdirSync(folder)) ?? [];
  return names
    .flatMap((name) => name.startsWith("temporal-") ? [name.slice("temporal-".length)] : [])
    .filter(isVersion);
}

/** The commands of what holds a lock of an instance: Temporal, and a supervisor from source or of the one file. */
const HOLDER = /start-dev|\/supervisor\/main|__supervise|stigmer-local/;

/** The homes of the instances that are running, by the locks that their Temporal and their supervisor hold. */
function liveHomes(processes: Processes): string[] {
  return processes.processesIn("/").filter(({ command }) => HOLDER.test(command)).flatMap(({ pid }) =>
    processes.lockedFiles(pid).flatMap((path) => {
      const { home, processLock, supervisorLock } = instancePaths(dirname(path));
      return path === processLock || path === supervisorLock ? [home] : [];
    })
  );
}

/** Paths of the running Temporal's binary, or of the last launched one while its supervisor is between two launches. */
function binariesInUse(home: string, processes: Processes): Set<string> {
  const paths = instancePaths(home);
  const { found: temporal, record: last } = findProcess(paths, processes);
  const isUsed = temporal !== null || processes.lockHolders(paths.supervisorLock).length > 0;
  const record = isUsed ? last : null;
  const seen = [temporal?.leader?.executable, record?.binary, record?.executable];
  return new Set(seen.filter((path) => typeof path === "string"));
}

/** The real path, as the kernel names the files in it; `path` if there is none. */
function realPath(path: string): string {
  return orNull(() => realpathSync(path)) ?? path;
}
