import { delay } from "../../lib/platform/runtime/delay.ts";
import { freePort } from "../../tests/free_ports.ts";
import { type Measurement, type Runtime, RUNTIMES } from "../measurement.ts";
import { usageOver } from "../process_figures.ts";
import { listenerCommand, startProject, workerCommand, writeProject } from "../project.ts";
import { inRounds, type Row } from "../row.ts";
import { statusOf, stop, withScratch } from "../scratch.ts";

/** So many listeners and so many workers, each of which watches files. */
const OF_EACH_KIND = 5;
/** From here on the supervisor also asks whether workers poll. */
const SETTLE_MS = 80_000;
const SPAN_MS = 60_000;
/** A round takes minutes. */
const MOST_ROUNDS = 3;

/** What each further idle process costs its supervisor, compared with a supervisor beside it that has one of each kind. */
export const idleProcesses: Row = {
  name: "idle-processes",
  measure: ({ runs, isQuick }) =>
    inRounds(Math.min(runs, MOST_ROUNDS), async () => {
      const measurements: Measurement[] = [];
      for (const runtime of RUNTIMES) measurements.push(...await compare(runtime, isQuick));
      return measurements;
    }),
};

async function compare(runtime: Runtime, isQuick: boolean): Promise<Measurement[]> {
  const [alone, busy] = await Promise.all([watch(runtime, 1, isQuick), watch(runtime, OF_EACH_KIND, isQuick)]);
  const count = 2 * (OF_EACH_KIND - 1);
  return [
    {
      what: "each idle process: memory of the supervisor (PSS)",
      runtime,
      value: (busy.memoryMb - alone.memoryMb) / count,
      unit: "MB",
      limit: { constant: 1 },
    },
    {
      what: "each idle process: CPU of the supervisor",
      runtime,
      value: (busy.cpuPercent - alone.cpuPercent) / count,
      unit: "%",
      limit: { constant: 0.03 },
    },
  ];
}

function watch(runtime: Runtime, ofEachKind: number, isQuick: boolean): ReturnType<typeof usageOver> {
  return withScratch(async (scratch) => {
    const lines: string[] = [];
    for (let number = 0; number < ofEachKind; number++) {
      const port = await freePort();
      const queue = `idle-${number}`;
      lines.push(
        `  listener-${number}: { command: ${JSON.stringify(listenerCommand(port))}, port: ${port}, watch: [src] }`,
        `  worker-${number}: { command: ${JSON.stringify(workerCommand())}, task_queue: ${queue}, watch: [src],` +
          ` environment: { TASK_QUEUE: ${queue} } }`,
      );
    }
    await startProject(scratch, runtime, writeProject(scratch, lines));
    const { supervisor: { pid } } = await statusOf(scratch, runtime);
    await delay(isQuick ? 2000 : SETTLE_MS);
    const usage = await usageOver(pid, isQuick ? 10_000 : SPAN_MS);
    await stop(scratch, runtime, ["--force"]);
    return usage;
  });
}
