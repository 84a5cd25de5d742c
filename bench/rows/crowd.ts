import { type Limit, type Measurement, type Runtime, RUNTIMES } from "../measurement.ts";
import { inRounds, inTurn, type Row } from "../row.ts";
import { timeOrThrow } from "../runtimes.ts";
import { emptyScript, type Scratch, startCommand, stop, withScratch } from "../scratch.ts";

const COUNT = 20;
const LIMITS: Record<Runtime, Limit> = {
  deno: { constant: 0, factors: { R: 60 } },
  "deno-file": { constant: 0, factors: { R: 45 } },
  node: { constant: 0, factors: { R: 45 } },
};

/** Twenty `start`s at once in an empty home, to the exit of the last one. */
export const crowd: Row = {
  name: "crowd",
  measure: ({ runs }) =>
    inRounds(runs, async (round) => {
      const measurements: Measurement[] = [];
      for (const runtime of inTurn(RUNTIMES, round)) {
        measurements.push(await withScratch((scratch) => startAll(scratch, runtime)));
      }
      return measurements;
    }),
};

async function startAll(scratch: Scratch, runtime: Runtime): Promise<Measurement> {
  const R = await emptyScript(scratch, runtime);
  const startedAt = performance.now();
  const answers = await Promise.all(
    Array.from({ length: COUNT }, () => timeOrThrow(startCommand(scratch, runtime, ["--json"]))),
  );
  const value = performance.now() - startedAt;
  const pids = new Set(answers.map(({ output }) => (JSON.parse(output) as { temporal: { pid: number } }).temporal.pid));
  if (pids.size !== 1) throw new Error(`${COUNT} starts at once gave ${pids.size} Temporals`);
  await stop(scratch, runtime, ["--force"]);
  return {
    what: `${COUNT} starts at once: one Temporal, all exit 0`,
    runtime,
    value,
    unit: "ms",
    floors: { R },
    limit: LIMITS[runtime],
  };
}
