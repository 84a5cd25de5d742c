import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { systemErrorCode } from "../../errors/local_error.ts";
import { spawnClosed } from "./close_on_exec.ts";
import { started } from "./started.ts";

/** How {@linkcode runProgram} runs a program. */
export interface RunOptions {
  env: Readonly<Record<string, string | undefined>>;
  cwd?: string;
  /** What it reads from its standard input. @default {""} */
  input?: string;
  /** Get its output, piece by piece. What is not asked for goes to /dev/null. */
  onStdout?: (text: string) => void;
  onStderr?: (text: string) => void;
  /** @default {Infinity} */
  timeoutMs?: number;
  signal?: AbortSignal | undefined;
  /** Between SIGINT and SIGKILL when `signal` aborts, in ms. @default {0}, SIGKILL alone */
  graceMs?: number;
}

/** How a program ended. */
export type ProgramEnd =
  | { kind: "exited"; exitCode: number | null; signal: string | null }
  /** It was killed after `timeoutMs`. */
  | { kind: "late" }
  | { kind: "not-run"; error: unknown };

/**
 * Runs a program to its exit and the end of its output. It leads a process group of its own, which is killed after
 * `timeoutMs` or when `signal` aborts: a hung program would hold the caller's locks.
 *
 * @throws the reason of `signal`
 */
export async function runProgram(command: string, args: readonly string[], options: RunOptions): Promise<ProgramEnd> {
  const { env, cwd, input, onStdout, onStderr, timeoutMs = Infinity, signal, graceMs = 0 } = options;
  const stdio = [input, onStdout, onStderr].map((used) => used === undefined ? "ignore" : "pipe");
  let child: ChildProcess;
  try {
    child = await started(() => spawnClosed(() => spawn(command, args, { env, cwd, stdio, detached: true })));
  } catch (error) {
    return { kind: "not-run", error };
  }
  child.stdin?.on("error", () => {}).end(input); // it may exit without reading; its exit code tells
  if (onStdout !== undefined) child.stdout!.setEncoding("utf8").on("data", onStdout);
  if (onStderr !== undefined) child.stderr!.setEncoding("utf8").on("data", onStderr);

  let isKilled = false;
  const kill = () => {
    isKilled = true;
    signalChildGroup(child, "SIGKILL");
    for (const stream of [child.stdout, child.stderr]) stream?.destroy(); // a process that left the group may hold it open
  };
  const timers = timeoutMs === Infinity ? [] : [setTimeout(kill, timeoutMs)];
  const onAbort = () => {
    if (graceMs === 0) return kill();
    signalChildGroup(child, "SIGINT");
    timers.push(setTimeout(kill, graceMs));
  };
  signal?.addEventListener("abort", onAbort);
  if (signal?.aborted) onAbort();
  try {
    await new Promise<void>((resolve) => child.once("close", () => resolve()));
    if (signal?.aborted && !isKilled) kill(); // what it has started may outlive it
    signal?.throwIfAborted();
    if (isKilled) return { kind: "late" };
    return { kind: "exited", exitCode: child.exitCode, signal: child.signalCode };
  } finally {
    timers.forEach(clearTimeout);
    signal?.removeEventListener("abort", onAbort);
  }
}

/** Signals the group of a process that was spawned with `detached`, if it is still there. */
export function signalChildGroup({ pid }: ChildProcess, signal: "SIGINT" | "SIGTERM" | "SIGKILL"): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // On macOS, EPERM means that only zombies are left in the group.
    if (!["ESRCH", "EPERM"].includes(systemErrorCode(error) ?? "")) throw error;
  }
}
