import { type Limit, type Measurement, type Runtime, RUNTIMES } from "../measurement.ts";
import { inRounds, type Row } from "../row.ts";
import { emptyScript, kill, type Scratch, start, statusOf, stop, withScratch } from "../scratch.ts";
import { keepCalling } from "../serving.ts";

const LIMITS: Record<Runtime, Limit> = {
  deno: { constant: 0, factors: { R: 9 } },
  "deno-file": { constant: 0, factors: { R: 6 } },
  node: { constant: 0, factors: { R: 7 } },
};
const CALL_INTERVAL_MS = 20;

/** `start` after a `kill -9` of the supervisor, while a client calls Temporal all the time. */
export const adoption: Row = {
  name: "adoption",
  measure: async ({ runs }) => {
    const all: Measurement[] = [];
    for (const runtime of RUNTIMES) {
      all.push(
        ...await withScratch(async (scratch) => {
          await start(scratch, runtime);
          const measured = await inRounds(runs, () => adopt(scratch, runtime));
          await stop(scratch, runtime, ["--force"]);
          return measured;
        }),
      );
    }
    return all;
  },
};

async function adopt(scratch: Scratch, runtime: Runtime): Promise<Measurement[]> {
  const before = await statusOf(scratch, runtime);
  const R = await emptyScript(scratch, runtime);
  await kill(before.supervisor.pid, "SIGKILL");
  const endCalls = await keepCalling(scratch.port, CALL_INTERVAL_MS);
  const { ms } = await start(scratch, runtime);
  const { failed } = await endCalls();
  const after = await statusOf(scratch, runtime);
  if (after.temporal.pid !== before.temporal.pid) throw new Error("Temporal was not adopted but replaced");
  return [
    { what: "`start` that adopts", runtime, value: ms, unit: "ms", floors: { R }, limit: LIMITS[runtime] },
    {
      what: "calls that fail meanwhile",
      runtime,
      value: failed,
      unit: "count",
      floors: {},
      limit: { constant: 0, factors: {} },
    },
  ];
}
