import { accessSync, constants, existsSync, readSync, statSync } from "node:fs";
import process from "node:process";
import { LocalError, systemErrorCode } from "../../errors/local_error.ts";
import { isMissing } from "../../errors/system_error.ts";
import { shellWord } from "../../text/shell_word.ts";
import { withFile } from "../files/with_file.ts";
import { foreignFormat } from "./executable_format.ts";
import { nativeArch } from "./native_arch.ts";

/** Enough for the magic numbers and for the first line of a script. */
const HEAD_BYTES = 256;

/** Why a file can't be run on this machine. */
export interface ExecutableFault {
  /** As execve(2) would say it: `ENOENT`, `EACCES` or `ENOEXEC`. */
  code: string;
  /** What the file is: `a directory`, `built for linux arm64, this machine is linux x64`. */
  what: string;
  hint: string;
}

/** The `what` of a file that is missing, and of one that lacks the permission. */
export const NOT_FOUND = "not found";
export const NOT_EXECUTABLE = "not executable by this user";

/** The path of the first executable file named `command` in `searchPath`; null if there is none. */
export function findExecutable(command: string, searchPath: string | undefined): string | null {
  for (const folder of (searchPath ?? "").split(":")) {
    // "" and "." mean the working directory, where a cloned repository could plant a program.
    if (!folder.startsWith("/")) continue;
    const path = `${folder}/${command}`;
    if (accessFault(path) === null) return path;
  }
  return null;
}

/** Folders of system programs, which PATH may lack: that of a service, of cron, of an IDE. */
const SYSTEM_FOLDERS = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

/** The path of a program of the system, such as `flock`: on `searchPath`, else in the system's own folders. */
export function findSystemTool(command: string, searchPath: string | undefined): string | null {
  return findExecutable(command, [searchPath ?? "", ...SYSTEM_FOLDERS].join(":"));
}

/**
 * The path of program `command`, which can run on this machine: `command` itself if it contains a slash, else the first
 * match in `searchPath`.
 *
 * @throws {LocalError} `launch-failed`, with `systemError` (`ENOENT`, `EACCES`, `ENOEXEC`) among the facts
 */
export function requireExecutable(command: string, searchPath: string | undefined): string {
  const path = command.includes("/") ? command : findExecutable(command, searchPath);
  const fault = path === null ? MISSING : executableFault(path);
  if (fault === null) return path!;
  const { code, what, hint } = fault;
  throw cannotRun(path ?? command, code, what === NOT_FOUND ? "file not found" : `it is ${what}`, hint);
}

/** The error for a program that can't be started. */
export function cannotRun(command: string, code: string, reason: string, hint: string, cause?: unknown): LocalError {
  return new LocalError("launch-failed", `Cannot run ${command}: ${reason}`, {
    hint,
    facts: { command, systemError: code },
    cause,
  });
}

/**
 * Why the file at `path` can't be run on this machine; null if no reason is known. Asked before a spawn, because Deno and
 * Node fail differently, a shell in between reports nothing, and execvp(3) passes a foreign binary to `/bin/sh` as a
 * script.
 */
export function executableFault(path: string): ExecutableFault | null {
  return accessFault(path) ?? contentFault(readHead(path));
}

const MISSING: ExecutableFault = { code: "ENOENT", what: NOT_FOUND, hint: "Check the path" };

function accessFault(path: string): ExecutableFault | null {
  const hint = `Make it executable (\`chmod +x ${shellWord(path)}\`), or choose another binary`;
  const refused = (what: string): ExecutableFault => ({ code: "EACCES", what, hint });
  try {
    const info = statSync(path);
    if (info.isDirectory()) return refused("a directory");
    if (!info.isFile()) return refused("not a regular file");
    accessSync(path, constants.X_OK);
    return null;
  } catch (error) {
    const code = systemErrorCode(error) ?? "";
    if (code === "EACCES") {
      return refused(existsSync(path) ? NOT_EXECUTABLE : "in a directory that this user cannot search");
    }
    if (code === "ELOOP") return { ...MISSING, what: "behind too many levels of symbolic links" };
    if (isMissing(error) || code === "ENAMETOOLONG") return MISSING;
    throw error;
  }
}

/** @param head The first bytes of an executable file; null if they are unknown. */
function contentFault(head: Uint8Array | null): ExecutableFault | null {
  if (head === null) return null;
  const builtFor = foreignFormat(head, process.platform, nativeArch);
  if (builtFor !== null) {
    const here = `${process.platform} ${process.arch}`;
    const what = `built for ${builtFor}, this machine is ${here}`;
    return { code: "ENOEXEC", what, hint: `Get the binary for ${here}` };
  }
  const [first, second] = head;
  if (first === 0x23 && second === 0x21) return interpreterFault(head);
  const isProgram = first === 0x7f || first === 0xcf || first === 0xca; // ELF, Mach-O, Mach-O for several processors
  if (isProgram) return null;
  const what = head.length === 0 ? "empty" : "neither a binary nor a script that begins with '#!'";
  return { code: "ENOEXEC", what, hint: "Get the binary again" };
}

/** @param head The first bytes of a script. */
function interpreterFault(head: Uint8Array): ExecutableFault | null {
  const interpreter = new TextDecoder().decode(head).slice(2).trim().split(/\s/, 1)[0]!;
  if (accessFault(interpreter) === null) return null;
  const what = `a script for '${interpreter}', which is not installed`;
  return { code: "ENOENT", what, hint: "Install it, or choose another binary" };
}

/** The first bytes of the file at `path`; null if it may be executed but not read. */
function readHead(path: string): Uint8Array | null {
  try {
    const bytes = new Uint8Array(HEAD_BYTES);
    return withFile(path, (fd) => bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0)));
  } catch (error) {
    if (systemErrorCode(error) === "EACCES") return null;
    throw error;
  }
}
