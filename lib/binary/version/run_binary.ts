import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { daemonEnvironment } from "../../environment/daemon_environment.ts";
import { systemErrorCode } from "../../errors/local_error.ts";
import { spawnClosed } from "../../platform/spawn/close_on_exec.ts";
import { started } from "../../platform/spawn/started.ts";

/**
 * How long to wait for the output of a binary, in ms. macOS checks a program before its first run, and makes it wait:
 * 35–40 s were seen for one that is not notarized.
 */
export function answerDeadlineMs(platform: string = process.platform): number {
  return platform === "darwin" ? 120_000 : 10_000;
}

const MAX_OUTPUT_BYTES = 64 * 1024;

/** The outcome of running a binary. */
export type BinaryAnswer =
  | { kind: "ended"; exitCode: number | null; signal: string | null; output: string }
  | { kind: "silent" }
  | { kind: "not-run"; error: unknown };

/**
 * Runs `BINARY ARGS` and returns its output on `stream`. The process group is killed after `timeoutMs`, or when `signal`
 * aborts.
 *
 * @throws the reason of `signal`
 */
export async function askBinary(
  binary: string,
  args: readonly string[],
  stream: "stdout" | "stderr",
  signal?: AbortSignal,
  timeoutMs: number = answerDeadlineMs(),
): Promise<BinaryAnswer> {
  // A hung binary would otherwise hold the caller's locks.
  const child = await started(() =>
    spawnClosed(() =>
      spawn(binary, args, {
        detached: true,
        stdio: ["ignore", stream === "stdout" ? "pipe" : "ignore", stream === "stderr" ? "pipe" : "ignore"],
        env: daemonEnvironment(process.env, process.cwd), // as Temporal will be launched
      })
    )
  ).catch((error: unknown) => ({ error }));
  if ("error" in child) return { kind: "not-run", error: child.error };
  const answering = child[stream]!;
  let output = "";
  answering.setEncoding("utf8");
  answering.on("data", (text: string) => {
    if (output.length < MAX_OUTPUT_BYTES) output += text;
  });

  let isKilled = false;
  const kill = () => {
    isKilled = true;
    signalChildGroup(child, "SIGKILL");
    answering.destroy(); // a process that left the group may hold the pipe open
  };
  const timer = setTimeout(kill, timeoutMs);
  signal?.addEventListener("abort", kill);
  if (signal?.aborted) kill();
  try {
    await new Promise<void>((resolve) => {
      child.once("exit", () => {
        if (answering.destroyed || answering.readableEnded) resolve();
        else answering.once("close", resolve);
      });
    });
    signal?.throwIfAborted();
    if (isKilled) return { kind: "silent" };
    return { kind: "ended", exitCode: child.exitCode, signal: child.signalCode, output };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", kill);
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
