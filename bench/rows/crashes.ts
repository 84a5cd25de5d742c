import { askSupervisor } from "../../lib/control/client.ts";
import { instancePaths } from "../../lib/instance/paths.ts";
import { delay } from "../../lib/platform/runtime/delay.ts";
import type { Host } from "../../lib/platform/runtime/host.ts";
import { nodeHost } from "../../lib/platform/runtime/host_node.ts";
import type { Figure, Runtime } from "../measurement.ts";
import { descriptorsOf, memoryMbOf } from "../process_figures.ts";
import { anotherPid } from "../project.ts";
import { inRounds, measureOnEach, type Row } from "../row.ts";
import { timeOrThrow } from "../runtimes.ts";
import { kill, type Scratch, startCommand, statusOf, stop } from "../scratch.ts";
import { until } from "../until.ts";

const CRASHES = 200;
const MOST_MB = 90;
const POLL_MS = 10;
/** Each life counts as a long one: with the default backoff, 200 crashes in a row would take more than an hour. */
const AT_ONCE = "STIGMER_RESTART_MIN_UPTIME=0s";
/** A round takes minutes. */
const MOST_ROUNDS = 3;

/** The memory and the descriptors of a supervisor after 200 crashes. */
export const crashes: Row = {
  name: "crashes",
  measure: ({ runs, isQuick }) =>
    inRounds(
      Math.min(runs, MOST_ROUNDS),
      (round) =>
        measureOnEach(round, (scratch, runtime) => crashAgainAndAgain(scratch, runtime, isQuick ? 20 : CRASHES)),
    ),
};

async function crashAgainAndAgain(scratch: Scratch, runtime: Runtime, count: number): Promise<Figure[]> {
  const host = nodeHost();
  await timeOrThrow(["env", AT_ONCE, ...startCommand(scratch, runtime, ["--max-restarts", "0"])]);
  const { supervisor: { pid: supervisor }, temporal } = await statusOf(scratch, runtime);
  let { pid } = temporal;
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

/** The PID of a Temporal that is ready and is not `before`. */
function untilAnotherRuns(host: Host, home: string, before: number): Promise<number> {
  return until(`No Temporal runs but pid ${before}`, POLL_MS, async () => {
    const pid = anotherPid(instancePaths(home).record, "temporal", before);
    if (pid === null) return null;
    const answer = await askSupervisor(host, home, "GET", "/healthz");
    return answer.kind === "answer" && answer.response.status === 200 ? pid : null;
  });
}
