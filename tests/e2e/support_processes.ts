import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { askSupervisor } from "../../lib/control/client.ts";
import { type InstancePaths, instancePaths, processPaths } from "../../lib/instance/paths.ts";
import type { ProcessStatus, Status } from "../../lib/instance/status/status.ts";
import { processesHere } from "../../lib/platform/processes/processes_here.ts";
import { currentHost } from "../../lib/platform/runtime/current_host.ts";
import {
  type Ended,
  isAlive,
  killInstance,
  launch,
  ownTool,
  type Running,
  signalIfThere,
  statusNow,
  until,
} from "./support.ts";
import { withProjects } from "./support_projects.ts";

/** A project with processes beside its Temporal. */
export interface TestStack {
  /** The folder of the project file. */
  path: string;
  paths: InstancePaths;
  /** Writes the project file: an instance on automatic ports, with these lines in `processes`. */
  declare(...lines: string[]): void;
  /** Writes a file below `path`, with lines as they are; returns its path. */
  write(name: string, ...lines: string[]): string;
  /** Runs the tool in the project. */
  run(...args: string[]): Promise<Ended>;
  /** The same in another folder, relative to the project. */
  runIn(folder: string, ...args: string[]): Promise<Ended>;
  launch(...args: string[]): Running;
  /** The status that a command prints with `--json`; it must succeed. */
  statusOf(...args: string[]): Promise<Status>;
  /** What the supervisor answers now; null if none answers. */
  now(): Promise<Status | null>;
  /** Its metrics. */
  metrics(): Promise<string>;
  /** Waits until the process `name` is as `isSo` says. */
  untilProcess(name: string, what: string, isSo: (seen: ProcessStatus) => boolean): Promise<ProcessStatus>;
  /** `stop`, and the proof that nothing is left, `pids` and their groups included. */
  stopCleanly(...pids: (number | null)[]): Promise<void>;
}

/** Runs `body` in a project of its own. Afterwards kills what a failed test left of it. */
export function withStack(processes: readonly string[], body: (stack: TestStack) => Promise<void>): Promise<void> {
  return withProjects(["app/.stigmer"], async (folder) => {
    const path = join(folder.path, "app");
    const paths = instancePaths(join(path, ".stigmer"));
    const now = () => statusNow(paths.home);
    const stack: TestStack = {
      path,
      paths,
      declare: (...lines) => {
        stack.write(
          "stigmer-local.yaml",
          "port: auto",
          "headless: true",
          ...lines.length > 0 ? ["processes:"] : [],
          ...lines,
        );
      },
      write: (name, ...lines) => folder.write(`app/${name}`, ...lines),
      run: (...args) => folder.run("app", args),
      runIn: (name, ...args) => folder.run(join("app", name), args),
      launch: (...args) =>
        launch(ownTool(...args), {
          cwd: path,
          env: { STIGMER_PROJECT: undefined, STIGMER_HOME: undefined },
        }),
      statusOf: (...args) => folder.statusOf("app", ...args),
      now,
      metrics: async () => {
        const answer = await askSupervisor(await currentHost(), paths.home, "GET", "/metrics");
        return answer.kind === "answer" ? answer.response.body : "";
      },
      untilProcess: async (name, what, isSo) => {
        let last: ProcessStatus | undefined;
        try {
          return await until(`${name} ${what}`, async () => {
            last = (await now())?.processes?.find((each) => each.name === name);
            return last !== undefined && isSo(last) ? last : null;
          });
        } catch (error) {
          throw new Error(`${(error as Error).message}; last seen: ${JSON.stringify(last)}`, { cause: error });
        }
      },
      stopCleanly: async (...pids) => {
        const { code, stdout, stderr } = await stack.run("stop");
        assertEquals(code, 0, stdout + stderr);
        assertNothingLeft(stack, pids);
      },
    };
    stack.declare(...processes);
    try {
      await body(stack);
    } finally {
      await killInstance(paths); // before they are launched again
      for (const pid of markedBy(paths.home)) signalIfThere(pid, "SIGKILL");
    }
  });
}

/** The line of a project file for a worker in small (`fixtures/poller.mjs`), which polls `polls`; with further keys. */
export function pollerLine(name: string, polls: string, keys = `task_queue: ${polls}`): string {
  return `  ${name}: { command: ${pollerCommand(polls)}, ${keys} }`;
}

/** The command of such a worker, as a list in YAML. */
export function pollerCommand(...args: string[]): string {
  const script = fileURLToPath(new URL("./fixtures/poller.mjs", import.meta.url));
  return JSON.stringify([process.env["STIGMER_TEST_NODE"]!, script, ...args]);
}

/** The process `name` in `status`. */
export function processIn(status: Status | null, name: string): ProcessStatus {
  const found = status?.processes?.find((each) => each.name === name);
  assert(found !== undefined, `no process ${name} in ${JSON.stringify(status?.processes)}`);
  return found;
}

/** The PIDs of all processes in `status`, Temporal's first. */
export function allPids(status: Status): number[] {
  return [status.temporal, ...status.processes ?? []].flatMap((each) => each?.pid ?? []);
}

/** The names and states of the processes in `status`. */
export function statesIn(status: Status | null): Record<string, string> {
  return Object.fromEntries((status?.processes ?? []).map(({ name, state }) => [name, state]));
}

/** What the supervisors of the instance have logged so far: `process` names the one beside Temporal. */
export function eventsOf({ paths }: TestStack): { event: string; process?: string; [fact: string]: unknown }[] {
  return readFileSync(paths.supervisorLog, "utf8").split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

/** The order in which things happened: `worker ready`, for the events that are named. */
export function order(stack: TestStack, ...events: string[]): string[] {
  return eventsOf(stack).filter(({ event }) => events.includes(event))
    .map(({ event, process = "temporal" }) => `${process} ${event}`);
}

/** Proves that the instance left nothing behind: processes, locks, records. */
export function assertNothingLeft({ paths }: TestStack, pids: readonly (number | null)[] = []): void {
  const processes = processesHere();
  for (const pid of pids) {
    assert(pid !== null, "a process that was to run had no PID");
    assert(!isAlive(pid, processes), `pid ${pid} is alive`);
    assertEquals(processes.liveGroupMembers(pid), [], `group ${pid} has members`);
  }
  assertEquals(markedBy(paths.home), [], "processes of the instance");
  const names = readdirSync(join(paths.home, "processes")).flatMap((file) => /^(.*)\.lock$/.exec(file)?.[1] ?? []);
  const owners = [paths, ...names.map((name) => processPaths(paths, name))];
  assertEquals(processes.heldLocks([paths.supervisorLock, ...owners.map(({ processLock }) => processLock)]), []);
  for (const { record } of owners) assert(!existsSync(record), `the record ${record} is left`);
}

/** Proves that of the processes beside Temporal, and of what they started, no others are alive. Linux alone tells. */
export function assertNoOthers({ paths }: TestStack, ...pids: (number | null)[]): void {
  if (process.platform === "linux") assertEquals(markedBy(paths.home).sort(), pids.sort());
}

/** The live processes that `home` started beside Temporal, and what they started, wherever it went. Linux alone tells. */
export function markedBy(home: string): number[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).filter((pid) => {
    try {
      const environment = `\0${readFileSync(`/proc/${pid}/environ`, "utf8")}`;
      return environment.includes("\0STIGMER_PROCESS=") && environment.includes(`@${home}\0`) && isAlive(Number(pid));
    } catch {
      return false; // it has exited
    }
  }).map(Number);
}
