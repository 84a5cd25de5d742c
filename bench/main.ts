/**
 * Measures the tool on both runtimes, against floors measured at the same time, and prints the table of
 * docs/performance.md.
 *
 *   make bench ARGS="--rows warm,stop --runs 15"
 *
 * @module
 */
import process from "node:process";
import { describeMachine, load } from "./machine.ts";
import type { Measurement } from "./measurement.ts";
import { readOptions } from "./options.ts";
import { ROWS } from "./rows.ts";
import { isMet, summarise } from "./statistics.ts";
import { renderTable } from "./table.ts";

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const options = readOptions(args, ROWS.map(({ name }) => name));
  const rows = ROWS.filter(({ name }) => options.rows.length === 0 || options.rows.includes(name));
  const loads = [load()];
  const measurements: Measurement[] = [];
  let isBroken = false;
  for (const row of rows) {
    const startedAt = performance.now();
    try {
      measurements.push(...await row.measure(options));
    } catch (error) {
      // The other rows are still worth measuring.
      console.error(`Cannot measure ${row.name}:`, error);
      isBroken = true;
    }
    loads.push(load());
    console.error(`${row.name}: ${((performance.now() - startedAt) / 1000).toFixed(0)} s, load ${loads.at(-1)}`);
  }
  const summaries = summarise(measurements);
  console.log(
    `${describeMachine().join("\n")}\nLoad before and after each row: ${loads.join(", ")}\n\n${renderTable(summaries)}`,
  );
  return isBroken || (options.isStrict && !summaries.every(isMet)) ? 1 : 0;
}
