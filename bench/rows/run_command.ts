import { startBareTemporal } from "../bare_temporal.ts";
import type { Figure, Limit, Runtime } from "../measurement.ts";
import { inRounds, measureOnEach, type Row } from "../row.ts";
import { timeOrThrow, toolCommand } from "../runtimes.ts";
import { emptyScript, type Scratch, start, stop } from "../scratch.ts";

/** For `run` when running, and for `run --ephemeral`. */
const LIMITS: Record<Runtime, { running: Limit; ephemeral: Limit }> = {
  "deno": { running: { R: 2.5 }, ephemeral: { T: 1, R: 6 } },
  "deno-file": { running: { R: 1.8 }, ephemeral: { T: 1, R: 5 } },
  "node": { running: { R: 2.3 }, ephemeral: { T: 1, R: 6 } },
};

/** The overhead of `run` when Temporal is running, and a whole `run --ephemeral` of a command that does nothing. */
export const runCommand: Row = {
  name: "run",
  measure: async ({ runs }) => [
    ...await measureOnEach(0, (scratch, runtime) => whenRunning(scratch, runtime, runs)),
    ...await inRounds(runs, (round) => measureOnEach(round, ephemeral)),
  ],
};

async function whenRunning(scratch: Scratch, runtime: Runtime, runs: number): Promise<Figure[]> {
  await start(scratch, runtime);
  await underRun(scratch, runtime);
  const over = await inRounds(runs, async (): Promise<Figure[]> => {
    const R = await emptyScript(scratch, runtime);
    const { ms: alone } = await timeOrThrow(["true"]);
    const value = await underRun(scratch, runtime) - alone;
    const what = "`run -- true` over `true`, when running";
    return [{ what, value, unit: "ms", floors: { R }, limit: LIMITS[runtime].running }];
  });
  await stop(scratch, runtime, ["--force"]);
  return over;
}

async function underRun({ home }: Scratch, runtime: Runtime): Promise<number> {
  return (await timeOrThrow([...toolCommand(runtime), "run", "--home", home, "--", "true"])).ms;
}

async function ephemeral(scratch: Scratch, runtime: Runtime): Promise<Figure[]> {
  const temporal = await startBareTemporal(scratch, { dbFilename: null, headless: true });
  await temporal.end("SIGKILL");
  const floors = { T: temporal.servingAfterMs, R: await emptyScript(scratch, runtime) };
  const args = ["run", "--ephemeral", "--home", scratch.home, "--", "true"];
  const { ms: value } = await timeOrThrow([...toolCommand(runtime), ...args]);
  const what = "`run --ephemeral -- true` (T in memory)";
  return [{ what, value, unit: "ms", floors, limit: LIMITS[runtime].ephemeral }];
}
