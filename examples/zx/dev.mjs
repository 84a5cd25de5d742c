#!/usr/bin/env zx
// Starts Temporal, then runs the worker in its environment until Ctrl-C. Temporal keeps running for the next time.
//
//   npx zx dev.mjs npm start

const worker = process.argv.slice(3); // after node, zx and this file; zx's `argv` would parse the worker's flags
if (worker.length === 0) {
  console.error("Which worker? For example: npx zx dev.mjs npm start");
  process.exit(2);
}

await $`stigmer-local start --quiet`;
const environment = await $`stigmer-local env --json`.json();
console.log(chalk.dim(`Temporal is at ${environment.TEMPORAL_ADDRESS}`));

const running = $({ env: { ...process.env, ...environment }, stdio: "inherit", nothrow: true })`${worker}`;
process.exitCode = (await running).exitCode ?? 1;
