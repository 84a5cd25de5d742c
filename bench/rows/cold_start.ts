import { startBareTemporal } from "../bare_temporal.ts";
import { type Limit, type Runtime, RUNTIMES } from "../measurement.ts";
import { inRounds, inTurn, type Row } from "../row.ts";
import { emptyScript, start, stop, withScratch } from "../scratch.ts";

const LIMITS: Record<Runtime, Limit> = {
  deno: { constant: 0, factors: { T: 1, R: 8 } },
  "deno-file": { constant: 0, factors: { T: 1, R: 6 } },
  node: { constant: 0, factors: { T: 1, R: 7 } },
};

/** `start` in an empty home, to its exit. */
export const coldStart: Row = {
  name: "cold-start",
  measure: ({ runs }) =>
    inRounds(runs, async (round) => {
      const T = await newData();
      const measurements = [];
      for (const runtime of inTurn(RUNTIMES, round)) {
        measurements.push(
          await withScratch(async (scratch) => {
            const R = await emptyScript(scratch, runtime);
            const { ms } = await start(scratch, runtime);
            await stop(scratch, runtime, ["--force"]);
            const what = "cold `start` to exit 0";
            return { what, runtime, value: ms, unit: "ms", floors: { T, R }, limit: LIMITS[runtime] } as const;
          }),
        );
      }
      return measurements;
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
