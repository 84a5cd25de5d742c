import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { assertGone } from "../portable.ts";

/** How long a thing that must happen may take, in ms: generous, for a slow machine under load. */
export const DEADLINE_MS = 60_000;

/** A folder that `body` may fill; gone afterwards. Its path has no links in it. */
export async function withTempDir<T>(body: (path: string) => Promise<T> | T): Promise<T> {
  const path = mkdtempSync(join(realpathSync(tmpdir()), "stigmer-system-"));
  try {
    return await body(path);
  } finally {
    rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Asks again and again until `probe` says true. */
export async function until(probe: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await probe())) {
    if (performance.now() > deadline) throw new Error(`Waited in vain until ${what}`);
    await new Promise((resume) => setTimeout(resume, 5));
  }
}

/** A process that a test started, in a group of its own. */
export interface TestProcess {
  pid: number;
  child: ChildProcess;
  /** What it wrote to stdout so far. */
  output(): string;
  exited: Promise<{ code: number | null; signal: string | null }>;
}

/** Runs `body` with a process, which is dead afterwards with all of its group. `fds` become its 3, 4 …. */
export async function withProcess<T>(
  command: readonly string[],
  body: (started: TestProcess) => Promise<T> | T,
  options: { fds?: number[]; cwd?: string; env?: Record<string, string> } = {},
): Promise<T> {
  const [file, ...args] = command;
  const child = spawn(file!, args, {
    detached: true,
    cwd: options.cwd ?? "/",
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "inherit", ...(options.fds ?? [])],
  });
  let output = "";
  child.stdout!.setEncoding("utf8").on("data", (text: string) => output += text);
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  const pid = child.pid!;
  try {
    return await body({ pid, child, output: () => output, exited });
  } finally {
    killGroup(pid);
    await exited;
    child.stdout!.destroy();
  }
}

/** SIGKILL to a group that a test made; none left is fine. */
export function killGroup(pgid: number): void {
  if (pgid <= 1) throw new Error(`Cannot kill group ${pgid}`);
  try {
    process.kill(-pgid, "SIGKILL");
  } catch (error) {
    assertGone(error);
  }
}

/** The numbers of a process' open descriptors, on Linux. */
export function descriptorsOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/fd`).map(Number).sort((a, b) => a - b);
}

/** The environment of a process, on Linux. */
export function environmentOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").filter((entry) => entry !== "");
}

/** Makes Deno fail to load the C library from now on, as with musl. */
export function withoutLibc(): void {
  const dlopen = () => {
    throw new Error("no such library");
  };
  Object.assign(Deno, { dlopen });
}

/** Node's TypeScript loader. By its path, not its name: Deno resolves the name by an import map, and node by the working folder. */
export const TSX = new URL("../../node_modules/tsx/dist/loader.mjs", import.meta.url).href;

/** The command line that runs a script of TypeScript under `runtime`. */
export function scriptCommand(runtime: "deno" | "node", script: string): string[] {
  return runtime === "deno"
    ? [
      requireEnv("STIGMER_TEST_DENO"),
      "run",
      "-A",
      "--quiet",
      "--no-check",
      "--config",
      requireEnv("STIGMER_TEST_DENO_CONFIG"),
      script,
    ]
    : [requireEnv("STIGMER_TEST_NODE"), "--import", TSX, script];
}

/** A variable of the environment that the runner of the tests sets. */
export function requireEnv(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set: run this through \`make test\``);
  return value;
}

export { isLinux } from "../portable.ts";
export const isRoot: boolean = process.getuid?.() === 0;

/** What `promise` gives, which nobody but us waits for: by itself it keeps no process alive. */
export async function awaited<T>(promise: Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, 1000);
  try {
    return await promise;
  } finally {
    clearInterval(timer);
  }
}
