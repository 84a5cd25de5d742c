/**
 * Checks the code without running it: format, lint, types with Deno and with TypeScript, the workflows if actionlint can be
 * built, and house rules. A warning is a failure.
 *
 *   node --import tsx scripts/check.ts [--fix | --fast]     --fast: only format and lint
 */
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { findActionlint } from "./actionlint.ts";
import { findDeno, findDenoConfig } from "./testing/machine.ts";

type Step = { name: string; command: string; args: string[] };

process.exitCode = await main(process.argv.includes("--fix"), process.argv.includes("--fast"));

async function main(isFixing: boolean, isFast: boolean): Promise<number> {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const deno = findDeno(root);
  const config = ["--config", findDenoConfig(root, deno)];
  const format: Step = { name: "format", command: deno, args: ["fmt", ...config] };
  const lint: Step = { name: "lint", command: deno, args: ["lint", "--quiet", ...config] };
  const look: Step[] = [{ ...format, args: [...format.args, "--check"] }, lint];
  const steps: Step[] = isFixing ? [format, { ...lint, args: [...lint.args, "--fix"] }] : isFast ? look : [
    ...look,
    { name: "types (Deno)", command: deno, args: ["check", "--quiet", ...config, "."] },
    { name: "types (TypeScript)", command: process.execPath, args: ["node_modules/typescript/bin/tsc"] },
    ...workflows(root),
    {
      name: "house",
      command: process.execPath,
      args: [...process.execArgv, "scripts/test.ts", "--runtime", "deno", "--only-dir", join("tests", "house")],
    },
  ];
  let failed = 0;
  for (const step of steps) failed += await run(step, root) ? 0 : 1;
  return failed === 0 ? 0 : 1;
}

function workflows(root: string): Step[] {
  const actionlint = findActionlint(root);
  return actionlint === null ? [] : [{ name: "workflows", command: actionlint, args: [] }];
}

/** Runs one step and prints a line about it; its output too if it failed. */
async function run({ name, command, args }: Step, root: string): Promise<boolean> {
  const startedAt = performance.now();
  const child = spawn(command, args, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1" },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => output += text);
  const exitCode = await new Promise<number | null>((resolve) => {
    child.on("close", resolve);
    child.on("error", (error) => {
      output += error.message;
      resolve(null);
    });
  });
  const isGood = exitCode === 0 && !/\bwarn(ing)?\b/i.test(output);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${isGood ? "ok  " : "FAIL"} ${name} (${seconds} s)`);
  if (!isGood) console.log(output.trimEnd().replace(/^/gm, "     "));
  return isGood;
}
