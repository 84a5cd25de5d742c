import { spawn, spawnSync } from "node:child_process";
import { accessSync, chmodSync, constants, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Connect } from "../lib/platform/net/connection.ts";
import { currentHost } from "../lib/platform/runtime/current_host.ts";
import { isDeno } from "../lib/platform/runtime/host.ts";

export { withTempDir } from "./platform/support.ts";

/** The runtime's own sockets. */
export async function runtimeConnect(): Promise<Connect> {
  return (await currentHost()).connect;
}

/** The real Temporal that tests run on: `STIGMER_TEMPORAL_BIN`, else `temporal` on PATH. */
export function realTemporal(): string {
  const candidates = [
    process.env["STIGMER_TEMPORAL_BIN"] ?? "",
    ...(process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "temporal")),
  ];
  for (const path of candidates) {
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // the next one
    }
  }
  throw new Error("These tests need a Temporal: set STIGMER_TEMPORAL_BIN, or put one on PATH");
}

/** A process under test, in its own process group. */
export interface Started {
  pid: number;
  /** Resolves when it has exited. */
  exited: Promise<{ code: number | null; signal: string | null }>;
  /** Its output so far, both streams. */
  output(): string;
  /** SIGKILL to the group; resolves when it has exited. */
  kill(): Promise<void>;
}

/** Starts `file` with its output in a file within `folder`. */
export function startProcess(file: string, args: string[], folder: string, env: Record<string, string> = {}): Started {
  const log = join(folder, `output-${process.hrtime.bigint()}.log`);
  const fd = openSync(log, "a");
  const clean = Object.entries(process.env).filter(([name]) => !name.startsWith("TEMPORAL_"));
  const child = spawn(file, args, {
    detached: true,
    stdio: ["ignore", fd, fd],
    cwd: folder,
    env: { ...Object.fromEntries(clean), ...env },
  });
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    child.once("error", () => resolve({ code: null, signal: null }));
  });
  return {
    pid: child.pid ?? 0,
    exited,
    output: () => readFileSync(log, "utf8"),
    async kill() {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
        try {
          process.kill(-child.pid, "SIGKILL");
        } catch {
          // it has exited
        }
      }
      await exited;
    },
  };
}

/** Tries `probe` every `intervalMs` until it returns a value, for at most `timeoutMs`. */
export async function eventually<T>(
  probe: () => Promise<T | null> | T | null,
  timeoutMs = 20_000,
  intervalMs = 10,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const result = await probe();
    if (result !== null) return result;
    if (performance.now() > deadline) throw new Error(`Timed out after ${timeoutMs} ms`);
    await new Promise((resume) => setTimeout(resume, intervalMs));
  }
}

/**
 * The output of the fixture `name`, run with `args` by an unprivileged user: the current one, or `nobody` when running as
 * root, who may write anywhere. Null when `nobody` cannot be used, or cannot read this folder.
 */
export function printedWithoutRights(name: string, ...args: string[]): string | null {
  const script = fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
  const root = fileURLToPath(new URL("..", import.meta.url));
  const config = process.env["STIGMER_TEST_DENO_CONFIG"] ?? join(root, "deno.offline.json");
  const runtime = isDeno ? ["run", "-A", "--no-check", "--no-lock", "--config", config] : process.execArgv;
  const command = [process.execPath, ...runtime, script, ...args];
  const prelude = process.geteuid?.() === 0
    ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
    : [];
  const [file = "", ...rest] = [...prelude, ...command];
  const scratch = mkdtempSync(join(tmpdir(), "stigmer-nobody-"));
  chmodSync(scratch, 0o777);
  try {
    const env = { ...process.env, DENO_DIR: scratch, TMPDIR: scratch, HOME: scratch };
    const result = spawnSync(file, rest, { encoding: "utf8", env, cwd: root });
    return result.status === 0 ? result.stdout.trim() : null;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
