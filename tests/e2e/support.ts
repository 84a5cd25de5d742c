import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { askSupervisor, readStatus } from "../../lib/control/client.ts";
import { type InstancePaths, instancePaths } from "../../lib/instance/paths.ts";
import type { Status } from "../../lib/instance/status/status.ts";
import type { Processes } from "../../lib/platform/processes/processes.ts";
import { processesHere } from "../../lib/platform/processes/processes_here.ts";
import { currentHost } from "../../lib/platform/runtime/current_host.ts";
import { isDeno } from "../../lib/platform/runtime/host.ts";
import { freePorts } from "../free_ports.ts";
import { requireEnv } from "../platform/support.ts";
import { assertGone } from "../portable.ts";

/** The runtimes that the tool is run under. */
export type Runtime = "deno" | "node";

/** The runtime of this test. The tool runs under the same one, so that each e2e test covers both. */
export const ownRuntime: Runtime = isDeno ? "deno" : "node";
export const otherRuntime: Runtime = isDeno ? "node" : "deno";

/** The repository. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ENTRY = join(ROOT, "stigmer-local.ts");
/** Deadline of every wait: generous, for a machine that is five times slower and under load. */
export const DEADLINE_MS = 90_000;

/** The real Temporal. */
export function temporalBinary(): string {
  return requireEnv("STIGMER_TEST_TEMPORAL");
}

/** The command line that runs the tool under `runtime`: Deno from source, Node the one file, as `make start` does. */
export function toolCommand(runtime: Runtime): string[] {
  return runtime === "deno"
    ? [
      requireEnv("STIGMER_TEST_DENO"),
      "run",
      "-A",
      "--no-prompt",
      "--quiet",
      "--config",
      requireEnv("STIGMER_TEST_DENO_CONFIG"),
      ENTRY,
    ]
    : [requireEnv("STIGMER_TEST_NODE"), requireEnv("STIGMER_TEST_BUNDLE")];
}

/** The command line that runs the tool with `args` under the runtime of this test. */
export function ownTool(...args: string[]): string[] {
  return [...toolCommand(ownRuntime), ...args];
}

/** Tests of what does not depend on the tool's runtime, or is only for `runtime`: they run under that one only. */
export function about(runtime: Runtime, title: string, tests: () => void): void {
  if (runtime === ownRuntime) describe(title, tests);
}

/** The result of a command. */
export interface Ended {
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

/** A running command. */
export interface Running {
  pid: number;
  ended: Promise<Ended>;
  stdout(): string;
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
}

/** How to run a command: with more or fewer variables, in another folder than the repository. */
export interface LaunchOptions {
  env?: Record<string, string | undefined>;
  cwd?: string;
}

/** How to run the tool on an instance. */
type ToolOptions = Pick<LaunchOptions, "env"> & { runtime?: Runtime };

/** Runs a command with pipes and an empty stdin. */
export function launch(command: readonly string[], options: LaunchOptions & { detached?: boolean } = {}): Running {
  const [file, ...args] = command;
  const env = { ...process.env, STIGMER_TEMPORAL_BIN: temporalBinary(), ...options.env };
  const { cwd = ROOT, detached = false } = options;
  const child = spawn(file!, args, { env, cwd, detached, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => stdout += text);
  child.stderr.setEncoding("utf8").on("data", (text: string) => stderr += text);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return {
    pid: child.pid!,
    ended,
    stdout: () => stdout,
    stderr: () => stderr,
    // Not child.kill(): after it, Deno reports the sent signal, whatever the real exit was.
    kill: (signal) => {
      if (child.exitCode === null && child.signalCode === null) signalIfThere(child.pid!, signal);
    },
  };
}

/** An instance for one test: temporary home, free ports. */
export interface TestInstance {
  home: string;
  port: number;
  uiPort: number;
  /** Both as flags. */
  ports: readonly string[];
  paths: InstancePaths;
  processes: Processes;
  /** Runs the tool on this home; `start` and `restart` get the ports too, unless `args` have one. */
  run(args: readonly string[], options?: ToolOptions): Promise<Ended>;
  launch(args: readonly string[], options?: ToolOptions): Running;
  /** {@linkcode run} with exactly these arguments, on this home. */
  plain(args: readonly string[], options?: ToolOptions): Promise<Ended>;
  /** The document that {@linkcode plain} prints with `--json`; it must succeed and print nothing else. */
  answer<T = Status>(args: readonly string[], options?: ToolOptions): Promise<T>;
  /** `start --json`, which must succeed. */
  start(args?: readonly string[], options?: ToolOptions): Promise<Status>;
  /** {@linkcode statusNow}, which needs no process: for waits. */
  now(): Promise<Status | null>;
  /** `status --json`, with any exit code. */
  status(options?: { runtime?: Runtime }): Promise<Status & { exitCode: number | null }>;
  stop(args?: readonly string[]): Promise<Ended>;
}

/** Runs `body` on its own instance. Afterwards kills what a failed test left behind, and removes the home. */
export async function withInstance(
  body: (instance: TestInstance) => Promise<void>,
  home: string = mkdtempSync(join(tmpdir(), "sl-home-")),
): Promise<void> {
  const { port, uiPort } = await freePorts();
  const paths = instancePaths(home);
  const processes = processesHere();
  const ports = ["--port", `${port}`, "--ui-port", `${uiPort}`];
  const commands: Running[] = [];
  const launchTool = ([command, ...rest]: readonly string[], { runtime = ownRuntime, env }: ToolOptions = {}) => {
    const running = launch([...toolCommand(runtime), command!, "--home", home, ...rest], env && { env });
    commands.push(running);
    return running;
  };
  const instance: TestInstance = {
    home,
    port,
    uiPort,
    ports,
    paths,
    processes,
    run: (args, options) => instance.launch(args, options).ended,
    launch: ([command, ...rest], options) => {
      const needsPorts = (command === "start" || command === "restart") && !rest.includes("--port");
      return launchTool([command!, ...needsPorts ? ports : [], ...rest], options);
    },
    plain: (args, options) => launchTool(args, options).ended,
    answer: async (args, options) => {
      const { code, stdout, stderr } = await instance.plain([...args, "--json"], options);
      assertEquals([code, stderr], [0, ""], `${args.join(" ")}: ${stdout}`);
      return JSON.parse(stdout);
    },
    start: async (args = [], options = {}) => {
      const result = await instance.run(["start", "--json", ...args], options);
      assertEquals(result.code, 0, `start failed: ${result.stdout}${result.stderr}`);
      return JSON.parse(result.stdout) as Status;
    },
    now: () => statusNow(home),
    status: async (options = {}) => {
      const result = await instance.run(["status", "--json"], options);
      return { ...JSON.parse(result.stdout) as Status, exitCode: result.code };
    },
    stop: (args = []) => instance.run(["stop", ...args]),
  };
  try {
    await body(instance);
  } finally {
    for (const command of commands) command.kill("SIGKILL"); // such as the `logs -f` of a failed test
    await killInstance(paths);
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What the supervisor of `home` answers now; null if none answers. */
export async function statusNow(home: string): Promise<Status | null> {
  const answer = await askSupervisor(await currentHost(), home, "GET", "/status");
  return answer.kind === "answer" && answer.response.status === 200 ? readStatus(answer.response) : null;
}

/** Kills what runs of an instance, the supervisor first: without the second that Temporal's graceful end takes. */
export async function killInstance({ home, supervisorLock, processLock }: InstancePaths): Promise<void> {
  const processes = processesHere();
  const beside = existsSync(join(home, "processes")) ? readdirSync(join(home, "processes")) : [];
  const locks = beside.filter((name) => name.endsWith(".lock")).map((name) => join(home, "processes", name));
  // One after the other: a supervisor that is alive could launch more.
  for (const wanted of [[supervisorLock], [processLock, ...locks]]) {
    for (const lock of processes.heldLocks(wanted)) {
      const pids = processes.lockHolders(lock).map(({ pid }) => pid);
      for (const pid of pids) signalIfThere(processes.inspect(pid)?.pgid === pid ? -pid : pid, "SIGKILL");
      for (const pid of pids) await until(`pid ${pid} is dead`, () => !isAlive(pid, processes));
    }
  }
}

/** Sends a signal to a process, or with a negative PID to a group, that may have exited meanwhile. */
export function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    assertGone(error);
  }
}

/** Waits until `look` returns a value. The only wait in these tests, so that each has a deadline and a name. */
export async function until<T>(what: string, look: () => T | Promise<T>): Promise<NonNullable<T>> {
  const giveUpAt = performance.now() + DEADLINE_MS;
  for (;;) {
    const seen = await look();
    if (seen !== null && seen !== undefined && seen !== false) return seen as NonNullable<T>;
    if (performance.now() > giveUpAt) throw new Error(`Timed out after ${DEADLINE_MS / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Whether a live process has this PID; a zombie does not count. */
export function isAlive(pid: number, processes: Processes = processesHere()): boolean {
  const seen = processes.inspect(pid);
  return seen !== null && seen.state !== "Z" && seen.state !== "X";
}

/** Proves that the instance left nothing behind: processes, locks, ports, socket, record. */
export function assertNothingLeft(instance: TestInstance, pids: readonly number[]): void {
  const { paths, processes } = instance;
  for (const pid of pids) assert(!isAlive(pid, processes), `pid ${pid} is alive`);
  for (const pid of pids) assertEquals(processes.liveGroupMembers(pid), [], `group ${pid} has members`);
  assertEquals(processes.lockHolders(paths.processLock), []);
  assertEquals(processes.lockHolders(paths.supervisorLock), []);
  assertEquals(processes.listeners(instance.port), []);
  assertEquals(processes.listeners(instance.uiPort), []);
  assert(!existsSync(paths.controlSocket), "the control socket is left");
  assert(!existsSync(paths.record), "the record is left");
}

/** Writes the tool's section of the home's `config.yaml`, in YAML's flow style. */
export function configure({ home }: { home: string }, section: string): void {
  writeFileSync(join(home, "config.yaml"), `backend: { local: { temporal: { ${section} } } }\n`);
}

/** The port of an address. */
export function portOf({ address }: { address: string }): number {
  return Number(address.split(":").at(-1));
}

/** The transitions of the instance so far, without a half-written last line. */
export function history(instance: TestInstance): { event: string; [fact: string]: unknown }[] {
  if (!existsSync(instance.paths.history)) return [];
  return readFileSync(instance.paths.history, "utf8").split("\n").slice(0, -1).map((line) => JSON.parse(line));
}
