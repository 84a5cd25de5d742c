import type { Figure, Limit, Runtime } from "../measurement.ts";
import { inRounds, inTurn, measureOnEach, type Row } from "../row.ts";
import { timeOrThrow, toolCommand } from "../runtimes.ts";
import { emptyScript, type Scratch, start, stop } from "../scratch.ts";

const LIMITS: Record<Runtime, Limit> = { deno: { R: 2 }, "deno-file": { R: 1.5 }, node: { R: 2 } };
/** Short commands are easily disturbed, so each round takes several. */
const TIMES = 5;

/** `start` and `status` on a running instance, its supervisor under the same runtime. */
export const warmCommands: Row = {
  name: "warm",
  measure: ({ runs }) =>
    measureOnEach(0, async (scratch, runtime) => {
      await start(scratch, runtime);
      await Promise.all([emptyScript(scratch, runtime), command("status", scratch, runtime)]); // fill the caches
      const measured = await inRounds(runs * TIMES, (round) => oneRound(scratch, runtime, round));
      await stop(scratch, runtime, ["--force"]);
      return measured;
    }),
};

async function oneRound(scratch: Scratch, runtime: Runtime, round: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const name of inTurn(["start", "status"] as const, round)) {
    const R = await emptyScript(scratch, runtime);
    const { ms } = await command(name, scratch, runtime);
    const what = name === "start" ? "`start` when running" : "`status`";
    figures.push({ what, value: ms, unit: "ms", floors: { R }, limit: LIMITS[runtime] });
  }
  return figures;
}

function command(name: "start" | "status", scratch: Scratch, runtime: Runtime) {
  return timeOrThrow([...toolCommand(runtime), name, "--home", scratch.home]);
}
