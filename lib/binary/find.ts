import { accessSync, closeSync, constants, existsSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { LocalError, systemErrorCode } from "../errors/local_error.ts";
import { managedBinaryPath } from "../instance/paths.ts";
import { foreignFormat, FORMAT_BYTES } from "../platform/spawn/executable_format.ts";
import { shellWord } from "../text/shell_word.ts";

/** A Temporal binary and how it was come by. */
export interface TemporalBinary {
  /** Absolute; as it was found, links not followed (a shim of mise or asdf looks at the name it is called by). */
  path: string;
  source: "explicit" | "managed" | "path" | "built" | "downloaded";
  /** The version as far as it is known without running the binary. */
  version: string | null;
}

/** Where {@linkcode findTemporal} looks. */
export interface FindOptions {
  /** What a person named, and with what (`--temporal-bin`, `STIGMER_TEMPORAL_BIN`). */
  explicit?: { path: string; origin: string };
  /** The instance's home. */
  home: string;
  /** The version of the managed binary. */
  version: string;
  /** That version was asked for by name, so that one on PATH does not do. */
  isVersionRequested?: boolean;
  cwd: string;
  /** The caller's `PATH` and `HOME`. */
  env: Readonly<Record<string, string | undefined>>;
  /** Real paths that are no Temporal, whatever they are called: our own entry script and runtime. */
  notThese?: readonly string[];
}

/**
 * The Temporal binary that is there: the one that a person named, the managed one, one on PATH, the one of Temporal's
 * own installer. Runs nothing. `tried` tells each place in words, for the error of who finds none.
 *
 * @throws {LocalError} `binary-not-found`, when a person named one that can't be used: another would be a surprise
 */
export function findTemporal(options: FindOptions): { binary: TemporalBinary | null; tried: string[] } {
  if (options.explicit !== undefined) {
    const path = resolve(options.cwd, options.explicit.path);
    const fault = binaryFault(path);
    if (fault !== null) throw unusable(path, options.explicit.origin, fault);
    return { binary: { path, source: "explicit", version: null }, tried: [] };
  }

  const tried: string[] = [];
  const managed = managedBinaryPath(options.home, options.version);
  const fault = binaryFault(managed);
  if (fault === null) return { binary: { path: managed, source: "managed", version: options.version }, tried };
  tried.push(`${managed}: ${fault}`);
  if (options.isVersionRequested === true) return { binary: null, tried };

  const home = options.env["HOME"];
  const folders = (options.env["PATH"] ?? "").split(":");
  if (home !== undefined && home !== "") folders.push(join(home, ".temporalio", "bin"));
  for (const folder of new Set(folders)) {
    // "" and "." mean the working folder, where a cloned repository could plant a program.
    if (!folder.startsWith("/")) continue;
    const path = join(folder, "temporal");
    const fault = binaryFault(path) ?? ownFault(path, options.notThese ?? []);
    if (fault === null) return { binary: { path, source: "path", version: null }, tried };
    if (fault !== "not there") tried.push(`${path}: ${fault}`);
  }
  tried.push("temporal on PATH and in ~/.temporalio/bin: none that can be run");
  return { binary: null, tried };
}

/** Why the file at `path` can't be run, in words, or null when it can. */
export function binaryFault(path: string): string | null {
  try {
    const info = statSync(path);
    if (info.isDirectory()) return "a folder";
    if (!info.isFile()) return "not a regular file";
    accessSync(path, constants.X_OK);
    if (info.size === 0) return "empty";
    const builtFor = foreignFormat(headOf(path), process.platform, process.arch);
    return builtFor === null ? null : `built for ${builtFor}, this is ${process.platform} ${process.arch}`;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return "not there";
    if (code === "EACCES") {
      return existsSync(path) ? "not executable for this user" : "in a folder that this user can't enter";
    }
    if (code === "ELOOP") return "a link that leads in a circle";
    throw error;
  }
}

function headOf(path: string): Uint8Array {
  const head = new Uint8Array(FORMAT_BYTES);
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    // What may be executed may still not be read.
    if (systemErrorCode(error) === "EACCES") return new Uint8Array(0);
    throw error;
  }
  try {
    return head.subarray(0, readSync(fd, head, 0, FORMAT_BYTES, 0));
  } finally {
    closeSync(fd);
  }
}

function ownFault(path: string, notThese: readonly string[]): string | null {
  return notThese.includes(realpathSync(path)) ? "this tool itself" : null;
}

function unusable(path: string, origin: string, fault: string): LocalError {
  const hint = fault === "not executable for this user"
    ? `chmod +x ${shellWord(path)}, or name another with ${origin}`
    : `name an executable file with ${origin}, or leave it out to use the managed one`;
  return new LocalError("binary-not-found", `Cannot use ${path} (${origin}) as the Temporal binary: ${fault}`, {
    hint,
    facts: { path, origin, tried: [`${path}: ${fault}`] },
  });
}
