import type { Figure, Limit, Runtime } from "../measurement.ts";
import { inRounds, measureOnEach, type Row } from "../row.ts";
import { emptyScript, kill, type Scratch, start, statusOf, stop } from "../scratch.ts";
import { keepCalling } from "../serving.ts";

const LIMITS: Record<Runtime, Limit> = { deno: { R: 9 }, "deno-file": { R: 6 }, node: { R: 7 } };
const CALL_INTERVAL_MS = 20;

/** `start` after a `kill -9` of the supervisor, while a client calls Temporal all the time. */
export const adoption: Row = {
  name: "adoption",
  measure: ({ runs }) =>
    measureOnEach(0, async (scratch, runtime) => {
      await start(scratch, runtime);
      const measured = await inRounds(runs, () => adopt(scratch, runtime));
      await stop(scratch, runtime, ["--force"]);
      return measured;
    }),
};

async function adopt(scratch: Scratch, runtime: Runtime): Promise<Figure[]> {
  const before = await statusOf(scratch, runtime);
  const R = await emptyScript(scratch, runtime);
  await kill(before.supervisor.pid, "SIGKILL");
  const endCalls = await keepCalling(scratch.port, CALL_INTERVAL_MS);
  const { ms } = await start(scratch, runtime);
  const { failed } = await endCalls();
  const after = await statusOf(scratch, runtime);
  if (after.temporal.pid !== before.temporal.pid) throw new Error("Temporal was not adopted but replaced");
  return [
    { what: "`start` that adopts", value: ms, unit: "ms", floors: { R }, limit: LIMITS[runtime] },
    { what: "calls that fail meanwhile", value: failed, unit: "count", limit: {} },
  ];
}
