import { startBareTemporal } from "../bare_temporal.ts";
import { type Runtime, RUNTIMES } from "../measurement.ts";
import { inRounds, inTurn, type Row } from "../row.ts";
import { kill, start, statusOf, stop, withScratch } from "../scratch.ts";
import { untilServing } from "../serving.ts";

/** `kill -9` of Temporal until a client gets SERVING again. Each crash is the first one of its instance. */
export const recovery: Row = {
  name: "crash",
  measure: ({ runs }) =>
    inRounds(runs, async (round) => {
      const measurements = [];
      for (const runtime of inTurn(RUNTIMES, round)) {
        const { value, T } = await withScratch((scratch) => crash(scratch, runtime));
        const limit = { constant: 60, factors: { T: 1 } };
        measurements.push(
          { what: "kill -9 of Temporal → SERVING", runtime, value, unit: "ms", floors: { T }, limit } as const,
        );
      }
      return measurements;
    }),
};

async function crash(scratch: Parameters<typeof start>[0], runtime: Runtime): Promise<{ value: number; T: number }> {
  await start(scratch, runtime);
  const { temporal } = await statusOf(scratch, runtime);
  const killedAt = performance.now();
  await kill(temporal.pid, "SIGKILL");
  await untilServing(scratch.port);
  const value = performance.now() - killedAt;
  await stop(scratch, runtime, ["--force"]);
  // The floor on the same database, killed while serving like the one before.
  const bare = await startBareTemporal(scratch);
  await bare.end("SIGKILL");
  return { value, T: bare.servingAfterMs };
}
