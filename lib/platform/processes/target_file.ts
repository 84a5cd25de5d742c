import { lstatSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { orUnseen } from "./proc_files.ts";

/** A file to find among those that processes have open. It need not exist. */
export interface TargetFile {
  /** Its path with the links of its folder resolved. */
  path: string;
  name: string;
  /** The file at the path; null if there is none. */
  identity: { dev: bigint; ino: bigint } | null;
}

/** Describes the file at `path`, links followed. */
export function targetFile(path: string): TargetFile {
  return describe(orUnseen(() => realpathSync(path)) ?? withRealFolder(path));
}

/** Describes the lock file at `path`. Does not follow a link at `path`: this tool never locks through one. */
export function targetLock(path: string): TargetFile {
  return describe(withRealFolder(path));
}

function describe(path: string): TargetFile {
  return { path, name: basename(path), identity: orUnseen(() => lstatSync(path, { bigint: true })) };
}

function withRealFolder(path: string): string {
  return join(realFolder(dirname(resolve(path))), basename(path));
}

/** The real path of a folder; if it does not exist, that of its nearest ancestor and the rest unchanged. */
function realFolder(folder: string): string {
  const real = orUnseen(() => realpathSync(folder));
  if (real !== null) return real;
  const parent = dirname(folder);
  return parent === folder ? folder : join(realFolder(parent), basename(folder));
}
