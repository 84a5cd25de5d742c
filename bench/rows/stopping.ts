import { delay } from "../../lib/platform/runtime/delay.ts";
import { startBareTemporal } from "../bare_temporal.ts";
import type { Limit, Runtime } from "../measurement.ts";
import { inRounds, measureOnEach, type Row } from "../row.ts";
import { emptyScript, start, stop, withScratch } from "../scratch.ts";

/** The age at which a server is stopped, because the time to its exit depends on it. */
const AGE_MS = 1500;
const LIMITS: Record<Runtime, Limit> = { deno: { S: 1, R: 3.5 }, "deno-file": { S: 1, R: 3 }, node: { S: 1, R: 3.5 } };

/** `stop`, to its exit. */
export const stopping: Row = {
  name: "stop",
  measure: ({ runs }) =>
    inRounds(runs, async (round) => {
      const S = await bareStop();
      return await measureOnEach(round, async (scratch, runtime) => {
        const R = await emptyScript(scratch, runtime);
        await start(scratch, runtime);
        await delay(AGE_MS);
        const { ms } = await stop(scratch, runtime);
        return [{ what: "`stop` to exit 0", value: ms, unit: "ms", floors: { S, R }, limit: LIMITS[runtime] }];
      });
    }),
};

/** The floor S, in ms. */
function bareStop(): Promise<number> {
  return withScratch(async (scratch) => {
    const temporal = await startBareTemporal(scratch);
    await delay(AGE_MS);
    return await temporal.end("SIGTERM");
  });
}
