import { type Ended, launch, toolCommand } from "../e2e/support.ts";
import type { ToolCall } from "./schedule.ts";
import { Violation } from "./violation.ts";
import type { World } from "./world.ts";

/** The result of a command of the tool. */
export interface CallEnd extends Ended {
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
  const begunMs = performance.now();
  const running = launch([...toolCommand(call.runtime), ...own], {
    cwd: home.project?.folder ?? world.base,
    // A project file counts in the project alone: the variable is `off` in tests.
    env: { [world.mark.name]: world.mark.value, ...(home.project === null ? {} : { STIGMER_PROJECT: undefined }) },
  });
  const ended = new Promise<CallEnd>((resolve, reject) => {
    const deadlineMs = DEADLINES_MS[call.command];
    const timer = setTimeout(() => {
      running.kill("SIGKILL");
      const output = `${running.stdout()}\n${running.stderr()}`;
      reject(new Violation(`A command hangs: ${nameOf(call, world)}, for ${deadlineMs / 1000} s`, output));
    }, deadlineMs);
    running.ended.then((end) => {
      clearTimeout(timer);
      resolve({ ...end, begunMs, endedMs: performance.now() });
    }, reject);
  });
  return { pid: running.pid, ended, signal: running.kill };
}
