import { existsSync, fstatSync } from "node:fs";
import { systemErrorCode } from "../../errors/local_error.ts";
import { orNull } from "../../errors/system_error.ts";
import type { ProcessExit } from "../spawn/spawn_options.ts";
import { changedEnvironment, type ForegroundChild, type RunForeground } from "./host.ts";

/** Runs a command by `node:child_process`. */
export const runForegroundNode: RunForeground = async (command, args, env) => {
  const { spawn } = await import("node:child_process");
  const environment = changedEnvironment(globalThis.process.env, env);
  return await new Promise<ForegroundChild>((resolve, reject) => {
    const child = spawn(command, [...args], { env: environment, stdio: foregroundStdio(args) });
    const ended = new Promise<ProcessExit>((done) => {
      child.once(
        "exit",
        (code, signal) => done(signal === null ? { code: code ?? 0, signal: null } : { code: null, signal }),
      );
    });
    child.once(
      "spawn",
      () => resolve({ kind: "runs", ended, kill: (signal) => void child.kill(signal as NodeJS.Signals) }),
    );
    child.once("error", reject);
  }).catch((error) => cannotRun(error, command, environment["PATH"] ?? ""));
};

/**
 * The descriptors of a command. It inherits all of them, except on macOS, where libuv closes those that are not passed
 * (POSIX_SPAWN_CLOEXEC_DEFAULT): so those that arguments name, as `diff <(a) <(b)` does, are passed under their numbers.
 */
export function foregroundStdio(
  args: readonly string[],
  platform: string = globalThis.process.platform,
): ("inherit" | "ignore" | number)[] {
  const stdio: ("inherit" | "ignore" | number)[] = ["inherit", "inherit", "inherit"];
  if (platform !== "darwin") return stdio;
  const named = args.flatMap((arg) => [...arg.matchAll(/\/dev\/fd\/(\d{1,3})\b/g)].map(([, fd]) => Number(fd)));
  for (const fd of named) {
    if (fd < 3 || orNull(() => fstatSync(fd)) === null) continue; // not open
    while (stdio.length < fd) stdio.push("ignore"); // not opened at all, from 3 up
    stdio[fd] = fd;
  }
  return stdio;
}

/**
 * spawn() of node:child_process emits most failures as events, but throws ENOTDIR and others. EACCES can also mean that
 * the command was not found and a folder on PATH is not searchable (execvp(3)).
 */
function cannotRun(error: unknown, command: string, searched: string): ForegroundChild {
  const code = systemErrorCode(error) ?? "";
  const isFound = command.includes("/") || searched.split(":").some((folder) => existsSync(`${folder}/${command}`));
  if (code === "ENOENT" || (code === "EACCES" && !isFound)) return { kind: "notFound" };
  if (["EACCES", "ENOEXEC", "ENOTDIR"].includes(code)) return { kind: "notExecutable", why: (error as Error).message };
  throw error;
}
