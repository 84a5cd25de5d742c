import { accessSync, closeSync, constants, openSync, readSync, statSync } from "node:fs";
import process from "node:process";
import { LocalError, systemErrorCode } from "../../errors/local_error.ts";
import { shellWord } from "../../text/shell_word.ts";
import { foreignFormatHere } from "./native_arch.ts";

/** Enough for the magic numbers and for the first line of a script. */
const HEAD_BYTES = 256;

/** Errors for a path that does not exist or may not be executed. */
const NOT_THERE = ["ENOENT", "ENOTDIR", "EACCES", "ELOOP", "ENAMETOOLONG"];

/**
 * The path of program `command`: `command` itself if it contains a slash, else the first match in `searchPath`. Null if
 * there is no executable file.
 */
export function findExecutable(command: string, searchPath: string | undefined): string | null {
  if (command.includes("/")) return whyNotExecutable(command) === null ? command : null;
  for (const folder of (searchPath ?? "").split(":")) {
    // "" and "." mean the working directory, where a cloned repository could plant a program.
    if (!folder.startsWith("/")) continue;
    const path = `${folder}/${command}`;
    if (whyNotExecutable(path) === null) return path;
  }
  return null;
}

/** Folders of system programs, which PATH may lack: that of a service, of cron, of an IDE. */
const SYSTEM_FOLDERS = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

/** `searchPath` with the folders of system programs at its end. */
export function withSystemFolders(searchPath: string | undefined): string {
  return [...(searchPath ? [searchPath] : []), ...SYSTEM_FOLDERS].join(":");
}

/** The path of a program of the system, such as `flock`: on `searchPath`, else in the system's own folders. */
export function findSystemTool(command: string, searchPath: string | undefined): string | null {
  return findExecutable(command, withSystemFolders(searchPath));
}

/**
 * Like {@linkcode findExecutable}, and checks that the program can run on this machine. Called before a spawn, because
 * Deno and Node fail differently, a shell in between reports nothing, and execvp(3) passes a foreign binary to
 * `/bin/sh` as a script.
 *
 * @throws {LocalError} `launch-failed`, with `systemError` (`ENOENT`, `EACCES`, `ENOEXEC`) among the facts
 */
export function requireExecutable(command: string, searchPath: string | undefined): string {
  const path = findExecutable(command, searchPath);
  if (path === null) {
    const code = command.includes("/") ? whyNotExecutable(command) ?? "ENOENT" : "ENOENT";
    throw code === "EACCES"
      ? cannotRun(
        command,
        code,
        "it is not an executable file, or permission is denied",
        `Make it executable (\`chmod +x ${shellWord(command)}\`), or choose another binary`,
      )
      : cannotRun(command, code, "file not found", "Check the path");
  }
  const foreign = faultOf(path);
  if (foreign !== null) throw foreign;
  return path;
}

/** The error for a program that can't be started. */
export function cannotRun(command: string, code: string, reason: string, hint: string, cause?: unknown): LocalError {
  return new LocalError("launch-failed", `Cannot run ${command}: ${reason}`, {
    hint,
    facts: { command, systemError: code },
    cause,
  });
}

function whyNotExecutable(path: string): string | null {
  try {
    if (!statSync(path).isFile()) return "EACCES"; // execve(2) fails so for a directory
    accessSync(path, constants.X_OK);
    return null;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined || !NOT_THERE.includes(code)) throw error;
    return code === "EACCES" ? code : "ENOENT";
  }
}

/** Why the kernel would not run an executable file; null if no reason is known. */
function faultOf(path: string): LocalError | null {
  const head = readHead(path);
  if (head === null) return null;
  const builtFor = foreignFormatHere(head);
  if (builtFor !== null) {
    const here = `${process.platform} ${process.arch}`;
    return cannotRun(
      path,
      "ENOEXEC",
      `it is built for ${builtFor}, this machine is ${here}`,
      `Get the binary for ${here}`,
    );
  }
  const [first, second] = head;
  if (first === 0x23 && second === 0x21) return faultOfScript(path, head);
  const isProgram = first === 0x7f || first === 0xcf || first === 0xca; // ELF, Mach-O, Mach-O for several processors
  return isProgram
    ? null
    : cannotRun(path, "ENOEXEC", "it is neither a binary nor a script that begins with '#!'", "Get the binary again");
}

function faultOfScript(path: string, head: Uint8Array): LocalError | null {
  const interpreter = new TextDecoder().decode(head).slice(2).trim().split(/\s/, 1)[0]!;
  if (whyNotExecutable(interpreter) === null) return null;
  return cannotRun(
    path,
    "ENOENT",
    `it is a script for '${interpreter}', which is not installed`,
    "Install it, or choose another binary",
  );
}

/** The first bytes of the program at `path`, for {@linkcode foreignFormat}; null if it may be executed but not read. */
export function readHead(path: string): Uint8Array | null {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    if (systemErrorCode(error) === "EACCES") return null;
    throw error;
  }
  try {
    const bytes = new Uint8Array(HEAD_BYTES);
    return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(fd);
  }
}
