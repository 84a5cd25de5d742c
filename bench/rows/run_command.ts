import { startBareTemporal } from "../bare_temporal.ts";
import { type Measurement, type Runtime, RUNTIMES } from "../measurement.ts";
import { inRounds, inTurn, type Row } from "../row.ts";
import { timeOrThrow, toolCommand } from "../runtimes.ts";
import { emptyScript, type Scratch, start, stop, withScratch } from "../scratch.ts";

/** Multiples of R for `run` when running, and for `run --ephemeral` beside T. */
const FACTORS: Record<Runtime, { running: number; ephemeral: number }> = {
  "deno": { running: 2.5, ephemeral: 6 },
  "deno-file": { running: 1.8, ephemeral: 5 },
  "node": { running: 2.3, ephemeral: 6 },
};

/** The overhead of `run` when Temporal is running, and a whole `run --ephemeral` of a command that does nothing. */
export const runCommand: Row = {
  name: "run",
  measure: async ({ runs }) => {
    const all: Measurement[] = [];
    for (const runtime of RUNTIMES) all.push(...await withScratch((scratch) => whenRunning(scratch, runtime, runs)));
    const ephemerals = (scratch: Scratch) =>
      inRounds(runs, async (round) => {
        const measured: Measurement[] = [];
        for (const runtime of inTurn(RUNTIMES, round)) measured.push(await ephemeral(scratch, runtime));
        return measured;
      });
    return [...all, ...await withScratch(ephemerals)];
  },
};

async function whenRunning(scratch: Scratch, runtime: Runtime, runs: number): Promise<Measurement[]> {
  await start(scratch, runtime);
  await underRun(scratch, runtime);
  const over = await inRounds(runs, async () => {
    const R = await emptyScript(scratch, runtime);
    const { ms: alone } = await timeOrThrow(["true"]);
    const value = await underRun(scratch, runtime) - alone;
    const limit = { constant: 0, factors: { R: FACTORS[runtime].running } };
    const what = "`run -- true` over `true`, when running";
    return [{ what, runtime, value, unit: "ms", floors: { R }, limit }];
  });
  await stop(scratch, runtime, ["--force"]);
  return over;
}

async function underRun({ home }: Scratch, runtime: Runtime): Promise<number> {
  return (await timeOrThrow([...toolCommand(runtime), "run", "--home", home, "--", "true"])).ms;
}

async function ephemeral(scratch: Scratch, runtime: Runtime): Promise<Measurement> {
  const temporal = await startBareTemporal(scratch, { dbFilename: null, headless: true });
  await temporal.end("SIGKILL");
  const floors = { T: temporal.servingAfterMs, R: await emptyScript(scratch, runtime) };
  const args = ["run", "--ephemeral", "--home", scratch.home, "--", "true"];
  const { ms } = await timeOrThrow([...toolCommand(runtime), ...args]);
  const limit = { constant: 0, factors: { T: 1, R: FACTORS[runtime].ephemeral } };
  return { what: "`run --ephemeral -- true` (T in memory)", runtime, value: ms, unit: "ms", floors, limit };
}
