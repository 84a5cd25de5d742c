import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { askSupervisor } from "../../lib/control/client.ts";
import type { LaunchRequest } from "../../lib/instance/context.ts";
import { instancePaths } from "../../lib/instance/paths.ts";
import { delay } from "../../lib/platform/runtime/delay.ts";
import type { Host } from "../../lib/platform/runtime/host.ts";
import { nodeHost } from "../../lib/platform/runtime/host_node.ts";
import type { Figure, Runtime } from "../measurement.ts";
import { descriptorsOf, memoryMbOf } from "../process_figures.ts";
import { anotherPid } from "../project.ts";
import { inRounds, measureOnEach, type Row } from "../row.ts";
import { requireEnv, ROOT } from "../runtimes.ts";
import { kill, type Scratch, stop } from "../scratch.ts";
import { until } from "../until.ts";

const CRASHES = 200;
const MOST_MB = 90;
const POLL_MS = 10;
/** The supervisor of this row is a script of its own, so there is no one file of it. */
const FROM_SOURCE: readonly Runtime[] = ["deno", "node"];
/** A round takes minutes. */
const MOST_ROUNDS = 3;

/** The memory and the descriptors of a supervisor after 200 crashes. */
export const crashes: Row = {
  name: "crashes",
  measure: ({ runs, isQuick }) =>
    inRounds(Math.min(runs, MOST_ROUNDS), (round) => {
      const crash = (scratch: Scratch, runtime: Runtime) =>
        crashAgainAndAgain(scratch, runtime, isQuick ? 20 : CRASHES);
      return measureOnEach(round, crash, FROM_SOURCE);
    }),
};

async function crashAgainAndAgain(scratch: Scratch, runtime: Runtime, count: number): Promise<Figure[]> {
  const host = nodeHost();
  const supervisor = spawnImpatientSupervisor(scratch, runtime);
  let pid = await untilAnotherRuns(host, scratch.home, null);
  await delay(2000);
  const before = descriptorsOf(supervisor);
  for (let crash = 0; crash < count; crash++) {
    await kill(pid, "SIGKILL");
    pid = await untilAnotherRuns(host, scratch.home, pid);
  }
  await delay(10_000);
  const more = descriptorsOf(supervisor) - before;
  const memoryMb = memoryMbOf(supervisor);
  await stop(scratch, runtime, ["--force"]);
  const after = `after ${count} crashes and 10 s`;
  return [
    { what: `${after}: memory (PSS)`, value: memoryMb, unit: "MB", limit: { constant: MOST_MB } },
    { what: `${after}: more descriptors`, value: more, unit: "count", limit: {} },
  ];
}

/** Spawns bench/impatient_supervisor.ts as `lib/client/supervisor_command.ts` spawns the real one. Returns its PID. */
function spawnImpatientSupervisor({ home, port, uiPort }: Scratch, runtime: Runtime): number {
  const launchRequest: LaunchRequest = {
    home,
    binary: requireEnv("STIGMER_TEST_TEMPORAL"),
    binaryRequested: false,
    requested: { port, uiPort },
    policy: { maxRestarts: 0 },
    replace: false,
  };
  const loader = `${ROOT}node_modules/tsx/dist/loader.mjs`;
  const [command, args] = runtime === "deno"
    ? [
      requireEnv("STIGMER_TEST_DENO"),
      ["run", "-A", "--quiet", "--no-prompt", "--no-config", "--v8-flags=--max-semi-space-size=1"],
    ]
    : [requireEnv("STIGMER_TEST_NODE"), ["--import", loader, "--max-semi-space-size=1"]];
  const script = `${ROOT}bench/impatient_supervisor.ts`;
  mkdirSync(instancePaths(home).logsDir, { recursive: true });
  const log = openSync(instancePaths(home).supervisorLog, "a");
  const child = spawn(command, [...args, script, JSON.stringify(launchRequest)], {
    cwd: home,
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  child.unref();
  return child.pid!;
}

/** The PID of a Temporal that is ready and is not `before`. */
function untilAnotherRuns(host: Host, home: string, before: number | null): Promise<number> {
  return until(`No Temporal runs but pid ${before}`, POLL_MS, async () => {
    const pid = anotherPid(instancePaths(home).record, "temporal", before);
    if (pid === null) return null;
    const answer = await askSupervisor(host, home, "GET", "/healthz");
    return answer.kind === "answer" && answer.response.status === 200 ? pid : null;
  });
}
