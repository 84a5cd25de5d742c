import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Runtime } from "./measurement.ts";

/** The clone. */
export const ROOT: string = fileURLToPath(new URL("..", import.meta.url));

/** A variable that scripts/in_test_env.ts sets. */
export function requireEnv(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set: run this through \`make bench\``);
  return value;
}

/** The command line that runs the tool under `runtime`, as a user calls it. */
export function toolCommand(runtime: Runtime): string[] {
  switch (runtime) {
    case "deno": {
      const config = requireEnv("STIGMER_TEST_DENO_CONFIG");
      return [requireEnv("STIGMER_TEST_DENO"), "run", "-A", "--config", config, `${ROOT}stigmer-local.ts`];
    }
    case "deno-file":
      return [requireEnv("STIGMER_TEST_DENO"), "run", "-A", requireEnv("STIGMER_TEST_BUNDLE")];
    case "node":
      return [requireEnv("STIGMER_TEST_NODE"), requireEnv("STIGMER_TEST_BUNDLE")]; // as `make` runs it on Node
  }
}

/** The command line of the floor R: the script at `path`, which is empty. */
export function emptyCommand(runtime: Runtime, path: string): string[] {
  return runtime === "node"
    ? [requireEnv("STIGMER_TEST_NODE"), path]
    : [requireEnv("STIGMER_TEST_DENO"), "run", "-A", path];
}

/** The result of a command. */
export interface Timed {
  /** From before its spawn to its exit. */
  ms: number;
  code: number | null;
  output: string;
}

/** Runs a command to its exit. */
export async function time(command: readonly string[]): Promise<Timed> {
  const [file, ...args] = command;
  const startedAt = performance.now();
  const child = spawn(file!, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => output += text);
  }
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const code = await exitOf(child);
  const ms = performance.now() - startedAt;
  await closed;
  return { ms, code, output };
}

/**
 * Like {@linkcode time}, for a command that must succeed.
 *
 * @throws {Error} with its output, when it fails
 */
export async function timeOrThrow(command: readonly string[]): Promise<Timed> {
  const timed = await time(command);
  if (timed.code !== 0) throw new Error(`exit ${timed.code} of ${command.join(" ")}:\n${timed.output}`);
  return timed;
}

/** Resolves when the process has exited. */
export function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
}
