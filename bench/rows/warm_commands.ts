import { type Limit, type Measurement, type Runtime, RUNTIMES } from "../measurement.ts";
import { inRounds, inTurn, type Row } from "../row.ts";
import { timeOrThrow, toolCommand } from "../runtimes.ts";
import { emptyScript, type Scratch, start, stop, withScratch } from "../scratch.ts";

const LIMITS: Record<Runtime, Limit> = {
  deno: { constant: 0, factors: { R: 2 } },
  "deno-file": { constant: 0, factors: { R: 1.5 } },
  node: { constant: 0, factors: { R: 2 } },
};
/** Short commands are easily disturbed, so each round takes several. */
const TIMES = 5;

/** `start` and `status` on a running instance, its supervisor under the same runtime. */
export const warmCommands: Row = {
  name: "warm",
  measure: async ({ runs }) => {
    const all: Measurement[] = [];
    for (const runtime of RUNTIMES) {
      all.push(
        ...await withScratch(async (scratch) => {
          await start(scratch, runtime);
          await Promise.all([emptyScript(scratch, runtime), command("status", scratch, runtime)]); // fill the caches
          const measured = await inRounds(runs * TIMES, (round) => oneRound(scratch, runtime, round));
          await stop(scratch, runtime, ["--force"]);
          return measured;
        }),
      );
    }
    return all;
  },
};

async function oneRound(scratch: Scratch, runtime: Runtime, round: number): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  for (const name of inTurn(["start", "status"] as const, round)) {
    const R = await emptyScript(scratch, runtime);
    const { ms } = await command(name, scratch, runtime);
    const what = name === "start" ? "`start` when running" : "`status`";
    measurements.push({ what, runtime, value: ms, unit: "ms", floors: { R }, limit: LIMITS[runtime] });
  }
  return measurements;
}

function command(name: "start" | "status", scratch: Scratch, runtime: Runtime) {
  return timeOrThrow([...toolCommand(runtime), name, "--home", scratch.home]);
}
