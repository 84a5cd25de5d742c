import { join, resolve } from "node:path";
import type { CommandContext } from "../cli/context.ts";
import { LocalError } from "../errors/local_error.ts";
import { managedBinaryPath, PATH_FOLDER } from "../instance/paths.ts";
import { executableFault, NOT_EXECUTABLE, NOT_FOUND } from "../platform/spawn/executable.ts";
import { shellWord } from "../text/shell_word.ts";
import { readSelectedVersion } from "./selected_version.ts";
import { binaryFolders, folderFault, standInFor, type StorePlace } from "./store.ts";
import { unsearchedFolders } from "./unsearched_folders.ts";

/** What gives a binary explicitly. */
const EXPLICIT = "--temporal-bin or STIGMER_TEMPORAL_BIN";

/** A Temporal binary and its origin. */
export interface TemporalBinary {
  /**
   * Absolute path as found; links are not resolved, because a shim of mise or asdf depends on the name it is called by.
   */
  path: string;
  source: "explicit" | "managed" | "path";
  /** The version, if known without running the binary. */
  version: string | null;
}

/** A managed binary, which has its version in its name. */
export interface ManagedTemporal extends TemporalBinary {
  source: "managed";
  version: string;
}

/** The managed binary that is wanted. */
export interface WantedVersion extends StorePlace {
  version: string;
  /** If `version` cannot be downloaded, the newest that Go can build may serve instead: nothing selects it by number. */
  mayStandIn?: boolean;
}

/** Where {@linkcode findTemporal} searches; `env` also has the caller's `PATH`. */
export interface FindOptions extends WantedVersion {
  /** The path of a binary given with {@linkcode EXPLICIT}. */
  explicit?: string;
  /** The version was requested explicitly, so a binary on PATH is not used. */
  isVersionRequested?: boolean;
  /** As `process.platform` names it. @default {process.platform} */
  platform?: string;
}

/** Options for finding the binary of a launch. */
export function findOptions(
  { host, invocation: { home, temporalBin, temporalVersion } }: Pick<CommandContext, "host" | "invocation">,
): FindOptions {
  const selected = readSelectedVersion(home);
  return {
    ...(temporalBin === null ? {} : { explicit: temporalBin }),
    home,
    version: temporalVersion ?? selected.version,
    isVersionRequested: temporalVersion !== null,
    mayStandIn: temporalVersion === null && !selected.isNamed,
    cwd: host.cwd(),
    env: host.env,
  };
}

/**
 * Finds an installed Temporal binary: the explicit one, the managed one, one on PATH, or that of Temporal's own
 * installer. Runs nothing. `tried` describes each place searched, for error messages.
 *
 * @throws {LocalError} `binary-not-found` if the explicit one is unusable: another one would be a surprise
 */
export function findTemporal(options: FindOptions): { binary: TemporalBinary | null; tried: string[] } {
  if (options.explicit !== undefined) {
    const path = resolve(options.cwd, options.explicit);
    const fault = executableFault(path)?.what;
    if (fault !== undefined) throw unusable(path, fault);
    return { binary: { path, source: "explicit", version: null }, tried: [] };
  }

  const tried: string[] = [];
  const binary = findManaged(options, tried);
  if (binary !== null) return { binary, tried };
  if (options.isVersionRequested === true) return { binary: null, tried };

  const home = options.env["HOME"];
  const folders = (options.env["PATH"] ?? "").split(":");
  if (home !== undefined && home !== "") folders.push(join(home, ".temporalio", "bin"));
  folders.push(...unsearchedFolders(options.platform, home));
  for (const folder of new Set(folders)) {
    // "" and "." mean the working directory, where a cloned repository could plant a program.
    if (!folder.startsWith("/")) continue;
    if (folder.endsWith(PATH_FOLDER)) continue; // of a `run` around this process: the link follows another launch
    const path = join(folder, "temporal");
    const fault = executableFault(path)?.what;
    if (fault === undefined) return { binary: { path, source: "path", version: null }, tried };
    if (fault !== NOT_FOUND) tried.push(`${path}: ${fault}`);
  }
  tried.push("temporal on PATH and in ~/.temporalio/bin: no executable found");
  return { binary: null, tried };
}

/**
 * The managed binary of a version, or of the one that serves in its place, in the home or in the store of this user.
 *
 * @param tried Receives each place searched.
 */
export function findManaged(options: WantedVersion, tried: string[] = []): ManagedTemporal | null {
  const folders = binaryFolders(options);
  const standIns = options.mayStandIn === true ? folders.map((folder) => standInFor(options.version, folder)) : [];
  for (const version of new Set([options.version, ...standIns])) {
    if (version === null) continue;
    for (const folder of folders) {
      const path = managedBinaryPath(folder, version);
      const fault = executableFault(path)?.what ?? folderFault(folder);
      if (fault === null) return { path, source: "managed", version };
      tried.push(`${path}: ${fault}`);
    }
  }
  return null;
}

function unusable(path: string, fault: string): LocalError {
  const hint = fault === NOT_EXECUTABLE
    ? `Make it executable (\`chmod +x ${shellWord(path)}\`), or choose another with ${EXPLICIT}`
    : `Choose an executable file with ${EXPLICIT}, or omit it to use the managed binary`;
  return new LocalError("binary-not-found", `Cannot use ${path} (${EXPLICIT}) as the Temporal binary: ${fault}`, {
    hint,
    facts: { path, origin: EXPLICIT, tried: [`${path}: ${fault}`] },
  });
}
