import { delay } from "../../lib/platform/runtime/delay.ts";
import type { Figure, Runtime } from "../measurement.ts";
import { usageOver } from "../process_figures.ts";
import { inRounds, measureOnAllAtOnce, type Row } from "../row.ts";
import { type Scratch, start, statusOf, stop } from "../scratch.ts";

const MOST_MB = 60;
const MOST_CPU_PERCENT: Record<Runtime, number> = { deno: 0.35, "deno-file": 0.35, node: 0.4 };
/** After this time the cost of the start is over. */
const SETTLE_MS = 2000;
/** A round takes a minute, and more rounds would add nothing. */
const MOST_ROUNDS = 3;

/** An idle supervisor over a minute. */
export const idle: Row = {
  name: "idle",
  measure: ({ runs, isQuick }) =>
    inRounds(
      Math.min(runs, MOST_ROUNDS),
      () => measureOnAllAtOnce((scratch, runtime) => watch(scratch, runtime, isQuick ? 10_000 : 60_000)),
    ),
};

async function watch(scratch: Scratch, runtime: Runtime, spanMs: number): Promise<Figure[]> {
  await start(scratch, runtime);
  const { supervisor } = await statusOf(scratch, runtime);
  await delay(SETTLE_MS);
  const { memoryMb, cpuPercent } = await usageOver(supervisor.pid, spanMs);
  await stop(scratch, runtime, ["--force"]);
  const after = `supervisor after ${spanMs / 1000} s`;
  return [
    { what: `${after}: memory (PSS)`, value: memoryMb, unit: "MB", limit: { constant: MOST_MB } },
    { what: `${after}: CPU`, value: cpuPercent, unit: "%", limit: { constant: MOST_CPU_PERCENT[runtime] } },
  ];
}
