/**
 * Runs the same three processes (a Temporal, a program that listens, a worker) under this tool and under others of its kind,
 * as far as they are installed, and prints the table of docs/performance.md. Needs Linux.
 *
 *   make bench-peers ARGS="--runs 5"       with `overmind` and `nf` (node-foreman) on PATH
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { describeMachine, load } from "../machine.ts";
import { RUNTIMES } from "../measurement.ts";
import { inTurn } from "../row.ts";
import { median } from "../statistics.ts";
import { markdownTable } from "../table.ts";
import { FIGURES, type Figures, measure } from "./measure.ts";
import { findPeers } from "./peers.ts";

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { runs: { type: "string", default: "5" } } });
  const { peers, missing } = findPeers(RUNTIMES);
  for (const name of missing) console.error(`${name} is not installed: left out`);
  const all = new Map(peers.map(({ name }) => [name, [] as Figures[]]));
  const loads = [load()];
  for (let round = 0; round < Number(values.runs); round++) {
    for (const peer of inTurn(peers, round)) all.get(peer.name)!.push(await measure(peer));
    loads.push(load());
  }
  const cell = (figures: readonly Figures[], key: keyof Figures, unit: string) => {
    const known = figures.map((each) => each[key]).filter((value) => value !== null);
    if (known.length === 0) return "–";
    const often = known.length === figures.length ? "" : ` (in ${known.length} of ${figures.length} runs)`;
    return `${median(known).toFixed(unit === "MB" ? 1 : 0)} ${unit}${often}`;
  };
  const rows = peers.map(({ name, version }) => [
    `${name} ${version}`,
    ...FIGURES.map(({ key, unit }) => cell(all.get(name)!, key, unit)),
  ]);
  const table = markdownTable(["", ...FIGURES.map(({ title }) => title)], rows);
  console.log(`${describeMachine().join("\n")}\nLoad before and after each round: ${loads.join(", ")}\n\n${table}`);
  return 0;
}
