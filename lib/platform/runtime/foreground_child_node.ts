import { existsSync } from "node:fs";
import { systemErrorCode } from "../../errors/local_error.ts";
import type { ForegroundChild, ForegroundExit, RunForeground } from "./host.ts";

/** Runs a command by `node:child_process`. */
export const runForegroundNode: RunForeground = async (command, args, env) => {
  const { spawn } = await import("node:child_process");
  const environment: Record<string, string | undefined> = { ...globalThis.process.env };
  for (const [name, value] of Object.entries(env)) {
    if (value === null) delete environment[name];
    else environment[name] = value;
  }
  return await new Promise<ForegroundChild>((resolve, reject) => {
    const child = spawn(command, [...args], { env: environment, stdio: "inherit" });
    const ended = new Promise<ForegroundExit>((done) => {
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
