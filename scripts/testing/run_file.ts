import { spawn } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { type Counts, readCounts, type RuntimeName } from "./counts.ts";
import { endLeftovers, findLeftovers, type Leftover } from "./leftovers.ts";
import { type Machine, testEnvironment } from "./machine.ts";
import type { TestFile } from "./test_file.ts";

/** The result of one file under one runtime. */
export interface FileResult {
  file: TestFile;
  runtime: RuntimeName;
  counts: Counts;
  seconds: number;
  /** Its whole output. */
  output: string;
  logPath: string;
  ranOutOfTime: boolean;
  leftovers: Leftover[];
}

/** Runs one test file until it exits, times out or `signal` aborts; kills the processes that it left behind. */
export async function runFile(
  machine: Machine,
  file: TestFile,
  runtime: RuntimeName,
  signal: AbortSignal,
): Promise<FileResult> {
  const jobId = `${process.pid}-${runtime}-${file.path}`;
  const logPath = join(machine.root, ".cache", "test-logs", `${runtime}-${file.path.replaceAll("/", "-")}.log`);
  mkdirSync(join(logPath, ".."), { recursive: true });
  // A short path, because a socket path has at most 107 bytes.
  const home = mkdtempSync(join(machine.tmp, "sl-"));
  const startedAt = performance.now();
  const log = openSync(logPath, "w");
  const [command, args] = commandLine(machine, file, runtime);
  // To a file and not a pipe: a daemon that inherits the pipe would keep the runner waiting.
  const child = spawn(command, args, {
    cwd: machine.root,
    env: withoutExtraCertificates(testEnvironment(machine, home, jobId)),
    stdio: ["ignore", log, log],
    detached: true,
  });
  closeSync(log);
  let ranOutOfTime = false;
  const end = (): void => killGroup(child.pid);
  const timer = setTimeout(() => {
    ranOutOfTime = true;
    end();
  }, file.limitSeconds * 1000);
  signal.addEventListener("abort", end);
  const exitCode = await new Promise<number | null>((resolve) => {
    child.on("exit", resolve);
    child.on("error", () => resolve(null));
  });
  clearTimeout(timer);
  signal.removeEventListener("abort", end);
  const leftovers = findLeftovers(jobId, home);
  endLeftovers(leftovers);
  rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  const output = readFileSync(logPath, "utf8");
  const counts = readCounts(runtime, output, exitCode !== 0);
  const seconds = (performance.now() - startedAt) / 1000;
  return { file, runtime, counts, seconds, output, logPath, ranOutOfTime, leftovers };
}

/** Node reads these certificates in each process, in about 30 ms. Only package managers need them (tests/e2e/support_packages.ts). */
function withoutExtraCertificates(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS, ...others } = env;
  return NODE_EXTRA_CA_CERTS === undefined ? env : { ...others, STIGMER_TEST_EXTRA_CA_CERTS: NODE_EXTRA_CA_CERTS };
}

function commandLine(machine: Machine, file: TestFile, runtime: RuntimeName): [string, string[]] {
  return runtime === "deno"
    ? [machine.deno, ["test", "-A", "--no-check", "--no-prompt", "--quiet", "--config", machine.denoConfig, file.path]]
    : [machine.node, ["--import", "tsx", "--test-reporter=spec", file.path]];
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has exited meanwhile.
  }
}
