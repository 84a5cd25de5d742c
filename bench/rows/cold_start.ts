import { startBareTemporal } from "../bare_temporal.ts";
import type { Limit, Runtime } from "../measurement.ts";
import { inRounds, measureOnEach, type Row } from "../row.ts";
import { emptyScript, start, stop, withScratch } from "../scratch.ts";

const LIMITS: Record<Runtime, Limit> = { deno: { T: 1, R: 8 }, "deno-file": { T: 1, R: 6 }, node: { T: 1, R: 7 } };

/** `start` in an empty home, to its exit. */
export const coldStart: Row = {
  name: "cold-start",
  measure: ({ runs }) =>
    inRounds(runs, async (round) => {
      const T = await newData();
      return await measureOnEach(round, async (scratch, runtime) => {
        const R = await emptyScript(scratch, runtime);
        const { ms } = await start(scratch, runtime);
        await stop(scratch, runtime, ["--force"]);
        return [{ what: "cold `start` to exit 0", value: ms, unit: "ms", floors: { T, R }, limit: LIMITS[runtime] }];
      });
    }),
};

/** The floor T on a new database, in ms. */
function newData(): Promise<number> {
  return withScratch(async (scratch) => {
    const temporal = await startBareTemporal(scratch);
    await temporal.end("SIGKILL");
    return temporal.servingAfterMs;
  });
}
