/**
 * Checks the types and runs the tests under Deno with the real @std packages, from a checkout of denoland/std.
 *
 *   node --import tsx scripts/test_std.ts PATH_OF_CHECKOUT [arguments of scripts/test.ts …]
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { findDeno } from "./testing/machine.ts";

/** The packages that compat/std replaces, and those that they import. */
const PACKAGES = ["assert", "cli", "fs", "internal", "path", "fmt"];

process.exitCode = await main(process.argv[2] ?? "", process.argv.slice(3));

async function main(checkout: string, rest: string[]): Promise<number> {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  if (!existsSync(join(checkout, "cli", "parse_args.ts"))) {
    console.error(`Cannot find a checkout of denoland/std in '${checkout}'.`);
    console.error("Get one with `git clone https://github.com/denoland/std`, then `make test-std STD=std`.");
    return 2;
  }
  const links = PACKAGES.map((name) => join(resolve(checkout), name)).filter((path) => existsSync(path));
  // In a separate folder, because Deno reads a package.json beside its configuration.
  const path = join(root, ".cache", "std", "deno.json");
  const ours = JSON.parse(readFileSync(join(root, "deno.json"), "utf8"));
  const exclude = ours.exclude.map((name: string) => relative(dirname(path), join(root, name)));
  const config = { ...ours, exclude, links };
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(config, null, 2));
  const types = spawnSync(findDeno(root), ["check", "--quiet", "--config", path, "."], { cwd: root, stdio: "inherit" });
  if (types.status !== 0) return 1;
  const args = [...process.execArgv, join(root, "scripts", "test.ts"), "--runtime", "deno", ...rest];
  const env = { ...process.env, STIGMER_TEST_DENO_CONFIG: path };
  const child = spawn(process.execPath, args, { stdio: "inherit", env });
  // The terminal sends Ctrl-C to the runner too, which cleans up before it exits.
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => name === "SIGTERM" && child.kill(name));
  return await new Promise((done) => child.on("exit", (code) => done(code ?? 1)));
}
