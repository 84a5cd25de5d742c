import type { Figure, Limit, Runtime } from "../measurement.ts";
import { inRounds, measureOnEach, type Row } from "../row.ts";
import { timeOrThrow } from "../runtimes.ts";
import { emptyScript, type Scratch, startCommand, stop } from "../scratch.ts";

const COUNT = 20;
const LIMITS: Record<Runtime, Limit> = { deno: { R: 60 }, "deno-file": { R: 45 }, node: { R: 45 } };

/** Twenty `start`s at once in an empty home, to the exit of the last one. */
export const crowd: Row = {
  name: "crowd",
  measure: ({ runs }) => inRounds(runs, (round) => measureOnEach(round, startAll)),
};

async function startAll(scratch: Scratch, runtime: Runtime): Promise<Figure[]> {
  const R = await emptyScript(scratch, runtime);
  const startedAt = performance.now();
  const answers = await Promise.all(
    Array.from({ length: COUNT }, () => timeOrThrow(startCommand(scratch, runtime, ["--json"]))),
  );
  const value = performance.now() - startedAt;
  const pids = new Set(answers.map(({ output }) => (JSON.parse(output) as { temporal: { pid: number } }).temporal.pid));
  if (pids.size !== 1) throw new Error(`${COUNT} starts at once gave ${pids.size} Temporals`);
  await stop(scratch, runtime, ["--force"]);
  const what = `${COUNT} starts at once: one Temporal, all exit 0`;
  return [{ what, value, unit: "ms", floors: { R }, limit: LIMITS[runtime] }];
}
