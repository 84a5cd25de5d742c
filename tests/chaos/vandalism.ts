import { mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type InstancePaths, processPaths } from "../../lib/instance/paths.ts";
import { readPidFile } from "../../lib/instance/pid_file.ts";
import { formatRecord, type PidRecord } from "../../lib/instance/pid_file_format.ts";
import { processesHere } from "../../lib/platform/processes/processes_here.ts";
import { temporalBinary } from "../e2e/support.ts";
import type { Bystander } from "./bystanders.ts";
import type { Corruption, Vandalism } from "./schedule.ts";
import { LOCKLESS, PROCESS_NAMES } from "./stack/project.ts";
import type { ChaosHome, World } from "./world.ts";

/** Changes the files of `home` as `deed` says, even if a process uses them. */
export function vandalize(world: World, home: ChaosHome, deed: Vandalism, bystanders: readonly Bystander[]): void {
  const { paths } = home;
  const pathOf = (name: string) => join(paths.home, name);
  const remove = (path: string) => rmSync(path, { recursive: true, force: true });
  switch (deed.kind) {
    case "delete":
      return deed.files.map(pathOf).forEach(remove);
    case "replace":
      remove(pathOf(deed.file));
      return writeFileSync(pathOf(deed.file), "", { mode: 0o600 });
    case "corrupt": {
      const pid = bystanders[deed.bystander]!.pid;
      return corrupt(world, victimOf(home, deed.program), deed.how, pid);
    }
  }
}

/** Whose record is corrupted: `program` counts Temporal and the processes beside it. */
function victimOf({ paths, project }: ChaosHome, program: number): InstancePaths {
  const names = project === null ? [] : PROCESS_NAMES.filter((name) => name !== LOCKLESS);
  const name = program === 0 ? undefined : names[program - 1];
  return name === undefined ? paths : processPaths(paths, name);
}

function corrupt(world: World, { record: path, program }: InstancePaths, how: Corruption, bystander: number): void {
  const write = (content: string | Uint8Array) => {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, content, { mode: 0o600 });
  };
  switch (how) {
    case "empty":
      return write("");
    case "truncated": {
      const text = textOf(path);
      return write(text.slice(0, text.length / 2));
    }
    case "binary":
      return write(Uint8Array.from({ length: 300 }, (_, at) => at * 7 % 256));
    case "huge":
      write("4242\n");
      return truncateSync(path, 200 * 1024 * 1024);
    case "symlink":
      return putInstead(path, () => symlinkSync(world.elsewhere.path, path));
    case "folder":
      return putInstead(path, () => mkdirSync(path));
    case "pid 0":
    case "pid 1":
    case "pid -1":
      return write(`${how.slice(4)}\n${program}\n1700000000\n`);
    case "bystander, one line":
      return write(`${bystander}\n`);
    case "bystander, three lines":
      return write(`${bystander}\n${program}\n${Math.floor(Date.now() / 1000)}\n`);
    default:
      return write(formatRecord(forge(path, program, how, bystander), program));
  }
}

/** Deletes the records of the processes beside Temporal, but for the one that nothing else leads to. */
export function deleteRecords({ paths }: ChaosHome): void {
  for (const name of PROCESS_NAMES.filter((each) => each !== LOCKLESS)) {
    rmSync(processPaths(paths, name).record, { recursive: true, force: true });
  }
}

/** Replaces the record by something else; retries if the supervisor writes it again in between. */
function putInstead(path: string, make: () => void): void {
  for (;;) {
    rmSync(path, { recursive: true, force: true });
    try {
      return make();
    } catch (error) {
      if ((error as { code?: string }).code !== "EEXIST") throw error;
    }
  }
}

/** A record that matches the bystander in all but one field. */
function forge(path: string, program: string, how: Corruption, pid: number): PidRecord {
  const processes = processesHere();
  const seen = processes.inspect(pid)!;
  const real: PidRecord = readPidFile({ record: path, program }).record ?? { pid, startedAtS: 1_700_000_000 };
  const own: PidRecord = {
    ...real,
    pid,
    startTime: seen.startTime,
    bootId: processes.bootId(),
    executable: seen.executable ?? "",
  };
  if (how === "bystander, start time of Temporal") return { ...own, startTime: real.startTime ?? "1" };
  if (how === "bystander, executable of Temporal") return { ...own, executable: realpathSync(temporalBinary()) };
  return { ...own, bootId: "00000000-0000-4000-8000-000000000000" };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
