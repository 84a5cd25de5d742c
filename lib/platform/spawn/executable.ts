import { accessSync, closeSync, constants, openSync, readSync, statSync } from "node:fs";
import process from "node:process";
import { LocalError, systemErrorCode } from "../../errors/local_error.ts";
import { shellWord } from "../../text/shell_word.ts";
import { foreignFormat } from "./executable_format.ts";

/** Enough for the kinds of program and for the first line of a script. */
const HEAD_BYTES = 256;

/** What says that there is nothing to run at a path, or not for us. */
const NOT_THERE = ["ENOENT", "ENOTDIR", "EACCES", "ELOOP", "ENAMETOOLONG"];

/**
 * The path of the program that `command` means: itself when it has a slash, else the first of that name in `searchPath`.
 * Null when there is none that may be executed.
 */
export function findExecutable(command: string, searchPath: string | undefined): string | null {
  if (command.includes("/")) return whyNotExecutable(command) === null ? command : null;
  for (const folder of (searchPath ?? "").split(":")) {
    // "" and "." mean the working folder, where a cloned repository could plant a program.
    if (!folder.startsWith("/")) continue;
    const path = `${folder}/${command}`;
    if (whyNotExecutable(path) === null) return path;
  }
  return null;
}

/**
 * Like {@linkcode findExecutable}, and makes sure that it can run here. To be asked before a spawn: Deno and Node fail
 * differently, a shell in between tells nothing, and execvp(3) gives a foreign binary to `/bin/sh` as a script.
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
        `chmod +x ${shellWord(command)}, or name another binary`,
      )
      : cannotRun(command, code, "there is no such program", "Check the path");
  }
  const foreign = faultOf(path);
  if (foreign !== null) throw foreign;
  return path;
}

/** The error of a program that can't be started. */
export function cannotRun(command: string, code: string, reason: string, hint: string, cause?: unknown): LocalError {
  return new LocalError("launch-failed", `Cannot run ${command}: ${reason}`, {
    hint,
    facts: { command, systemError: code },
    ...(cause === undefined ? {} : { cause }),
  });
}

function whyNotExecutable(path: string): string | null {
  try {
    if (!statSync(path).isFile()) return "EACCES"; // execve(2)'s word for a folder
    accessSync(path, constants.X_OK);
    return null;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined || !NOT_THERE.includes(code)) throw error;
    return code === "EACCES" ? code : "ENOENT";
  }
}

/** Why the kernel would not run it, though it may be executed; null when nothing speaks against it. */
function faultOf(path: string): LocalError | null {
  const head = readHead(path);
  if (head === null) return null;
  const builtFor = foreignFormat(head, process.platform, process.arch);
  if (builtFor !== null) {
    const here = `${process.platform} ${process.arch}`;
    return cannotRun(path, "ENOEXEC", `it is a program for ${builtFor}, this is ${here}`, `Get the binary for ${here}`);
  }
  const [first, second] = head;
  if (first === 0x23 && second === 0x21) return faultOfScript(path, head);
  const isProgram = first === 0x7f || first === 0xcf || first === 0xca; // ELF, Mach-O, Mach-O for several processors
  return isProgram
    ? null
    : cannotRun(path, "ENOEXEC", "it is neither a program nor a script that begins with '#!'", "Get the binary again");
}

function faultOfScript(path: string, head: Uint8Array): LocalError | null {
  const interpreter = new TextDecoder().decode(head).slice(2).trim().split(/\s/, 1)[0]!;
  if (whyNotExecutable(interpreter) === null) return null;
  return cannotRun(
    path,
    "ENOENT",
    `it is a script for '${interpreter}', which is not there`,
    "Install that, or name another binary",
  );
}

/** Null when we may execute but not read it. */
function readHead(path: string): Uint8Array | null {
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
