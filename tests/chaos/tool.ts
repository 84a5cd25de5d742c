import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { temporalBinary, toolCommand } from "../e2e/support.ts";
import type { ToolCall } from "./schedule.ts";
import { Violation } from "./violation.ts";
import type { World } from "./world.ts";

/** The result of a command of the tool. */
export interface CallEnd {
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
  /** In terms of `performance.now()`. */
  begunMs: number;
  endedMs: number;
}

/** A running command of the tool. */
export interface RunningCall {
  pid: number;
  /** Rejects with a {@linkcode Violation} when it exceeds its deadline; it is killed then. */
  ended: Promise<CallEnd>;
  signal(name: NodeJS.Signals): void;
}

/** Limit of the output that is kept, in characters. */
const MAX_OUTPUT = 256 * 1024;

/** Longer than the longest wait of each command on a slow machine, in ms. */
const DEADLINES_MS: Readonly<Record<ToolCall["command"], number>> = {
  start: 180_000,
  restart: 180_000,
  stop: 150_000,
  status: 60_000,
  wait: 60_000,
};

/** `deno start --no-wait on shared`: the name of a call in reports. */
export function nameOf(call: ToolCall, world: World): string {
  return [call.runtime, call.command, ...call.flags, "on", world.homes[call.home]!.name].join(" ");
}

/** Runs a command with `--json`. */
export function runTool(call: ToolCall, world: World): RunningCall {
  const home = world.homes[call.home]!;
  const settings = call.command === "start" || call.command === "restart" ? home.flags : [];
  const own = [call.command, "--home", home.paths.home, "--json", ...settings, ...call.flags];
  const [file, ...args] = [...toolCommand(call.runtime), ...own];
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    STIGMER_TEMPORAL_BIN: temporalBinary(),
    [world.mark.name]: world.mark.value,
  };
  if (home.project !== null) delete env["STIGMER_PROJECT"]; // which is `off` in tests
  const begunMs = performance.now();
  const child = spawn(file!, args, { env, cwd: home.project?.folder ?? world.base, stdio: ["ignore", "pipe", "pipe"] });
  const output = collect(child);
  const ended = new Promise<CallEnd>((resolve, reject) => {
    const deadlineMs = DEADLINES_MS[call.command];
    const timer = setTimeout(() => {
      const { stdout, stderr } = output();
      child.kill("SIGKILL");
      reject(
        new Violation(`A command hangs: ${nameOf(call, world)}, for ${deadlineMs / 1000} s`, `${stdout}\n${stderr}`),
      );
    }, deadlineMs);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, ...output(), begunMs, endedMs: performance.now() });
    });
  });
  return { pid: child.pid!, ended, signal: (name) => void child.kill(name) };
}

function collect(child: ChildProcess): () => { stdout: string; stderr: string } {
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]!.setEncoding("utf8").on("data", (text: string) => {
      if (texts[name].length < MAX_OUTPUT) texts[name] += text;
    });
  }
  return () => ({ ...texts });
}
