import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { askSupervisor } from "../../lib/control/client.ts";
import type { LaunchRequest } from "../../lib/instance/context.ts";
import { instancePaths } from "../../lib/instance/paths.ts";
import { delay } from "../../lib/platform/runtime/delay.ts";
import type { Host } from "../../lib/platform/runtime/host.ts";
import { nodeHost } from "../../lib/platform/runtime/host_node.ts";
import { type Measurement, type Runtime } from "../measurement.ts";
import { descriptorsOf, memoryMbOf } from "../process_figures.ts";
import { inRounds, inTurn, type Row } from "../row.ts";
import { requireEnv, ROOT } from "../runtimes.ts";
import { kill, type Scratch, stop, withScratch } from "../scratch.ts";

const CRASHES = 200;
const MOST_MB = 90;
const POLL_MS = 10;
const DEADLINE_MS = 60_000;
/** The supervisor of this row is a script of its own, so there is no one file of it. */
const FROM_SOURCE: readonly Runtime[] = ["deno", "node"];
/** A round takes minutes. */
const MOST_ROUNDS = 3;

/** The memory and the descriptors of a supervisor after 200 crashes. */
export const crashes: Row = {
  name: "crashes",
  measure: ({ runs, isQuick }) =>
    inRounds(Math.min(runs, MOST_ROUNDS), async (round) => {
      const measurements: Measurement[] = [];
      for (const runtime of inTurn(FROM_SOURCE, round)) {
        measurements.push(
          ...await withScratch((scratch) => crashAgainAndAgain(scratch, runtime, isQuick ? 20 : CRASHES)),
        );
      }
      return measurements;
    }),
};

async function crashAgainAndAgain(scratch: Scratch, runtime: Runtime, count: number): Promise<Measurement[]> {
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
    {
      what: `${after}: memory (PSS)`,
      runtime,
      value: memoryMb,
      unit: "MB",
      floors: {},
      limit: { constant: MOST_MB, factors: {} },
    },
    {
      what: `${after}: more descriptors`,
      runtime,
      value: more,
      unit: "count",
      floors: {},
      limit: { constant: 0, factors: {} },
    },
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
  const [command, ...args] = runtime === "deno"
    ? [
      requireEnv("STIGMER_TEST_DENO"),
      "run",
      "-A",
      "--quiet",
      "--no-prompt",
      "--no-config",
      "--v8-flags=--max-semi-space-size=1",
      `${ROOT}bench/impatient_supervisor.ts`,
    ]
    : [
      requireEnv("STIGMER_TEST_NODE"),
      "--import",
      `${ROOT}node_modules/tsx/dist/loader.mjs`,
      "--max-semi-space-size=1",
      `${ROOT}bench/impatient_supervisor.ts`,
    ];
  mkdirSync(instancePaths(home).logsDir, { recursive: true });
  const log = openSync(instancePaths(home).supervisorLog, "a");
  const child = spawn(command!, [...args, JSON.stringify(launchRequest)], {
    cwd: home,
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  child.unref();
  return child.pid!;
}

/** The PID of a Temporal that is ready and is not `before`. */
async function untilAnotherRuns(host: Host, home: string, before: number | null): Promise<number> {
  const giveUpAt = performance.now() + DEADLINE_MS;
  for (;;) {
    const pid = recordedPid(instancePaths(home).record);
    if (pid !== before && pid !== null) {
      const answer = await askSupervisor(host, home, "GET", "/healthz");
      if (answer.kind === "answer" && answer.response.status === 200) return pid;
    }
    if (performance.now() > giveUpAt) throw new Error(`No Temporal after pid ${before} within ${DEADLINE_MS / 1000} s`);
    await delay(POLL_MS);
  }
}

function recordedPid(path: string): number | null {
  try {
    return parseInt(readFileSync(path, "utf8")) || null;
  } catch {
    return null; // not written yet
  }
}
