#!/usr/bin/env zx
// Brings Temporal up, then runs the worker in its environment until Ctrl-C. Temporal stays up for the next time.
//
//   npx zx dev.mjs npm start

const worker = process.argv.slice(3); // behind node, zx and this file; `argv` would take the worker's flags for ours
if (worker.length === 0) {
  console.error("Which worker? For example: npx zx dev.mjs npm start");
  process.exit(2);
}

await $`stigmer-local start --quiet`;
const environment = await $`stigmer-local env --json`.json();
console.log(chalk.dim(`Temporal is at ${environment.TEMPORAL_ADDRESS}`));

const running = $({ env: { ...process.env, ...environment }, stdio: "inherit", nothrow: true })`${worker}`;
process.exitCode = (await running).exitCode ?? 1;
