import { delay } from "../../lib/platform/runtime/delay.ts";
import { type Measurement, type Runtime, RUNTIMES } from "../measurement.ts";
import { cpuMsOf, memoryMbOf } from "../process_figures.ts";
import { inRounds, type Row } from "../row.ts";
import { start, statusOf, stop, withScratch } from "../scratch.ts";

const LIMITS: Record<Runtime, { memoryMb: number; cpuPercent: number }> = {
  "deno": { memoryMb: 60, cpuPercent: 0.35 },
  "deno-file": { memoryMb: 60, cpuPercent: 0.35 },
  "node": { memoryMb: 60, cpuPercent: 0.4 },
};
/** After this time the cost of the start is over. */
const SETTLE_MS = 2000;
/** A round takes a minute, and more rounds would add nothing. */
const MOST_ROUNDS = 3;

/** An idle supervisor over a minute. All at once: none does much. */
export const idle: Row = {
  name: "idle",
  measure: ({ runs, isQuick }) =>
    inRounds(
      Math.min(runs, MOST_ROUNDS),
      async () => (await Promise.all(RUNTIMES.map((runtime) => watch(runtime, isQuick ? 10_000 : 60_000)))).flat(),
    ),
};

function watch(runtime: Runtime, spanMs: number): Promise<Measurement[]> {
  return withScratch(async (scratch) => {
    await start(scratch, runtime);
    const { supervisor } = await statusOf(scratch, runtime);
    await delay(SETTLE_MS);
    const before = cpuMsOf(supervisor.pid);
    const startedAt = performance.now();
    await delay(spanMs);
    const percent = 100 * (cpuMsOf(supervisor.pid) - before) / (performance.now() - startedAt);
    const memoryMb = memoryMbOf(supervisor.pid);
    await stop(scratch, runtime, ["--force"]);
    const limits = LIMITS[runtime];
    const after = `supervisor after ${spanMs / 1000} s`;
    return [
      {
        what: `${after}: memory (PSS)`,
        runtime,
        value: memoryMb,
        unit: "MB",
        floors: {},
        limit: { constant: limits.memoryMb, factors: {} },
      },
      {
        what: `${after}: CPU`,
        runtime,
        value: percent,
        unit: "%",
        floors: {},
        limit: { constant: limits.cpuPercent, factors: {} },
      },
    ];
  });
}
