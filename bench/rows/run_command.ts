import { startBareTemporal } from "../bare_temporal.ts";
import type { Measurement } from "../measurement.ts";
import { inRounds, type Row } from "../row.ts";
import { timeOrThrow, toolCommand } from "../runtimes.ts";
import { emptyScript, type Scratch, start, stop, withScratch } from "../scratch.ts";

/** The overhead of `run` when Temporal is running, and a whole `run --ephemeral` of a command that does nothing. */
export const runCommand: Row = {
  name: "run",
  measure: ({ runs }) =>
    withScratch(async (scratch) => {
      await start(scratch, "deno");
      await underRun(scratch);
      const over = await inRounds(runs, async () => {
        const R = await emptyScript(scratch, "deno");
        const { ms: alone } = await timeOrThrow(["true"]);
        const value = await underRun(scratch) - alone;
        const limit = { constant: 0, factors: { R: 2.5 } };
        return [{
          what: "`run -- true` over `true`, when running",
          runtime: "deno",
          value,
          unit: "ms",
          floors: { R },
          limit,
        }];
      });
      await stop(scratch, "deno", ["--force"]);
      return [...over, ...await inRounds(runs, () => ephemeral(scratch))];
    }),
};

async function underRun({ home }: Scratch): Promise<number> {
  return (await timeOrThrow([...toolCommand("deno"), "run", "--home", home, "--", "true"])).ms;
}

async function ephemeral(scratch: Scratch): Promise<Measurement[]> {
  const temporal = await startBareTemporal(scratch, { dbFilename: null, headless: true });
  await temporal.end("SIGKILL");
  const floors = { T: temporal.servingAfterMs, R: await emptyScript(scratch, "deno") };
  const { ms } = await timeOrThrow([
    ...toolCommand("deno"),
    "run",
    "--ephemeral",
    "--home",
    scratch.home,
    "--",
    "true",
  ]);
  const limit = { constant: 0, factors: { T: 1, R: 6 } };
  return [{ what: "`run --ephemeral -- true` (T in memory)", runtime: "deno", value: ms, unit: "ms", floors, limit }];
}
