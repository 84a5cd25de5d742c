import { delay } from "../../lib/platform/runtime/delay.ts";
import { startBareTemporal } from "../bare_temporal.ts";
import { type Limit, type Runtime, RUNTIMES } from "../measurement.ts";
import { inRounds, inTurn, type Row } from "../row.ts";
import { emptyScript, kill, type Scratch, start, statusOf, stop, withScratch } from "../scratch.ts";
import { untilServing } from "../serving.ts";

/** A life that is longer than the minimum uptime, in ms: what follows it is restarted without backoff. */
const LIFE_MS = 2400;
const KILLS = 4;
const LIMITS: Record<Runtime, Limit> = {
  "deno": { constant: 0, factors: { T: 1, R: 1.5 } },
  "deno-file": { constant: 0, factors: { T: 1, R: 1.5 } },
  "node": { constant: 0, factors: { T: 1, R: 1 } },
};

/** `kill -9` of Temporal until a client gets SERVING again: the first time, and the fourth in a row. */
export const recovery: Row = {
  name: "crash",
  measure: ({ runs }) =>
    inRounds(runs, async (round) => {
      const measurements = [];
      for (const runtime of inTurn(RUNTIMES, round)) {
        const { tookMs, T, R } = await withScratch((scratch) => crash(scratch, runtime));
        const common = { runtime, unit: "ms", floors: { T, R }, limit: LIMITS[runtime] } as const;
        measurements.push(
          { what: "kill -9 of Temporal → SERVING", value: tookMs[0]!, ...common },
          { what: `the same, ${KILLS}th kill in a row`, value: tookMs.at(-1)!, ...common },
        );
      }
      return measurements;
    }),
};

async function crash(scratch: Scratch, runtime: Runtime): Promise<{ tookMs: number[]; T: number; R: number }> {
  const R = await emptyScript(scratch, runtime);
  await start(scratch, runtime);
  const tookMs: number[] = [];
  for (let kills = 0; kills < KILLS; kills++) {
    if (kills > 0) await delay(LIFE_MS);
    const { temporal } = await statusOf(scratch, runtime);
    const killedAt = performance.now();
    await kill(temporal.pid, "SIGKILL");
    await untilServing(scratch.port);
    tookMs.push(performance.now() - killedAt);
  }
  await stop(scratch, runtime, ["--force"]);
  // The floor on the same database, killed while serving like the one before.
  const bare = await startBareTemporal(scratch);
  await bare.end("SIGKILL");
  return { tookMs, T: bare.servingAfterMs, R };
}
