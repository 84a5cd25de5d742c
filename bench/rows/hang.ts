import { type Measurement, type Runtime, RUNTIMES } from "../measurement.ts";
import { inRounds, type Row } from "../row.ts";
import { kill, start, statusOf, stop, untilDead, withScratch } from "../scratch.ts";
import { untilServing } from "../serving.ts";

/** `kill -STOP` of Temporal until its replacement is ready. Both runtimes at once: nearly all of it is waiting. */
export const hang: Row = {
  name: "hang",
  measure: ({ runs }) =>
    inRounds(runs, () => Promise.all(RUNTIMES.map((runtime) => withScratch((scratch) => stopped(scratch, runtime))))),
};

async function stopped(scratch: Parameters<typeof start>[0], runtime: Runtime): Promise<Measurement> {
  await start(scratch, runtime);
  const { temporal } = await statusOf(scratch, runtime);
  const stoppedAt = performance.now();
  await kill(temporal.pid, "SIGSTOP");
  await untilDead(temporal.pid);
  await untilServing(scratch.port);
  const value = performance.now() - stoppedAt;
  await stop(scratch, runtime, ["--force"]);
  return {
    what: "kill -STOP of Temporal → SERVING",
    runtime,
    value,
    unit: "ms",
    floors: {},
    limit: { constant: 4500, factors: {} },
  };
}
