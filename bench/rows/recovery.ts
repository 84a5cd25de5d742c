import { delay } from "../../lib/platform/runtime/delay.ts";
import { startBareTemporal } from "../bare_temporal.ts";
import type { Figure, Limit, Runtime } from "../measurement.ts";
import { inRounds, measureOnEach, type Row } from "../row.ts";
import { emptyScript, kill, type Scratch, start, statusOf, stop } from "../scratch.ts";
import { untilServing } from "../serving.ts";

/** A life that is longer than the minimum uptime, in ms: what follows it is restarted without backoff. */
const LIFE_MS = 2400;
const KILLS = 4;
const LIMITS: Record<Runtime, Limit> = {
  "deno": { T: 1, R: 1.5 },
  "deno-file": { T: 1, R: 1.5 },
  "node": { T: 1, R: 1 },
};

/** `kill -9` of Temporal until a client gets SERVING again: the first time, and the fourth in a row. */
export const recovery: Row = {
  name: "crash",
  measure: ({ runs }) => inRounds(runs, (round) => measureOnEach(round, crash)),
};

async function crash(scratch: Scratch, runtime: Runtime): Promise<Figure[]> {
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
  const common = { unit: "ms", floors: { T: bare.servingAfterMs, R }, limit: LIMITS[runtime] } as const;
  return [
    { what: "kill -9 of Temporal → SERVING", value: tookMs[0]!, ...common },
    { what: `the same, ${KILLS}th kill in a row`, value: tookMs.at(-1)!, ...common },
  ];
}
