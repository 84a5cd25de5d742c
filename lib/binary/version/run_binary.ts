import { spawn } from "node:child_process";
import process from "node:process";
import { LocalError, systemErrorCode } from "../../errors/local_error.ts";
import { setCloseOnExec } from "../../platform/spawn/close_on_exec.ts";

/** How long an answer is waited for, in ms. */
export const ANSWER_DEADLINE_MS = 10_000;
const MAX_OUTPUT_BYTES = 64 * 1024;

/** What a binary that was asked something said. */
export type BinaryAnswer =
  | { kind: "ended"; exitCode: number | null; signal: string | null; output: string }
  | { kind: "silent" }
  | { kind: "not-run"; error: unknown };

/**
 * Runs `BINARY ARGS`, in a process group of its own that is ended after {@linkcode ANSWER_DEADLINE_MS} and when `signal`
 * says so, and gives what it wrote to `stream`.
 *
 * @throws {LocalError} `interrupted`, when `signal` ended it
 */
export async function askBinary(
  binary: string,
  args: readonly string[],
  stream: "stdout" | "stderr",
  signal?: AbortSignal,
): Promise<BinaryAnswer> {
  const child = spawnClosed(binary, args, stream);
  const answering = child[stream]!;
  let output = "";
  answering.setEncoding("utf8");
  answering.on("data", (text: string) => {
    if (output.length < MAX_OUTPUT_BYTES) output += text;
  });

  let ending: "timeout" | "abort" | null = null;
  const end = (reason: "timeout" | "abort") => {
    ending ??= reason;
    killGroup(child.pid);
    answering.destroy(); // what left the group may hold the pipe
  };
  const timer = setTimeout(end, ANSWER_DEADLINE_MS, "timeout");
  const onAbort = () => end("abort");
  signal?.addEventListener("abort", onAbort);
  if (signal?.aborted) onAbort();
  try {
    const failure = await new Promise<unknown>((resolve) => {
      child.once("error", resolve);
      child.once("exit", () => {
        if (answering.destroyed || answering.readableEnded) resolve(null);
        else answering.once("close", () => resolve(null));
      });
    });
    if (ending === "abort") throw new LocalError("interrupted", `Cannot ask ${binary} about itself: interrupted`);
    if (failure !== null) return { kind: "not-run", error: failure };
    if (ending === "timeout") return { kind: "silent" };
    return { kind: "ended", exitCode: child.exitCode, signal: child.signalCode, output };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

/** Who asks may have a lock open, which a binary that hangs would go on holding. */
function spawnClosed(binary: string, args: readonly string[], stream: "stdout" | "stderr") {
  const mask = setCloseOnExec();
  try {
    return spawn(binary, args, {
      detached: true,
      stdio: ["ignore", stream === "stdout" ? "pipe" : "ignore", stream === "stderr" ? "pipe" : "ignore"],
      // A shim needs HOME and PATH; what is TEMPORAL_… would change what the command does.
      env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("TEMPORAL_"))),
    });
  } finally {
    mask.restore();
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    // macOS says EPERM of a group that is nothing but zombies.
    if (!["ESRCH", "EPERM"].includes(systemErrorCode(error) ?? "")) throw error;
  }
}
