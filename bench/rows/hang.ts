import type { Figure, Runtime } from "../measurement.ts";
import { inRounds, measureOnAllAtOnce, type Row } from "../row.ts";
import { kill, type Scratch, start, statusOf, stop, untilDead } from "../scratch.ts";
import { untilServing } from "../serving.ts";

/** `kill -STOP` of Temporal until its replacement is ready. */
export const hang: Row = {
  name: "hang",
  measure: ({ runs }) => inRounds(runs, () => measureOnAllAtOnce(stopped)),
};

async function stopped(scratch: Scratch, runtime: Runtime): Promise<Figure[]> {
  await start(scratch, runtime);
  const { temporal } = await statusOf(scratch, runtime);
  const stoppedAt = performance.now();
  await kill(temporal.pid, "SIGSTOP");
  await untilDead(temporal.pid);
  await untilServing(scratch.port);
  const value = performance.now() - stoppedAt;
  await stop(scratch, runtime, ["--force"]);
  return [{ what: "kill -STOP of Temporal → SERVING", value, unit: "ms", limit: { constant: 4500 } }];
}
