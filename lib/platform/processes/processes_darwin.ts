import process from "node:process";
import { systemErrorCode } from "../../errors/local_error.ts";
import { printableCommand } from "../../text/printable.ts";
import { isWithin } from "../files/is_within.ts";
import { candidatesAmong, holdersIn, locationOf } from "./open_files_darwin.ts";
import { isLockedInLsof, isReadOnlyInLsof, type LsofFile, parseLsof, socketAddress } from "./parse_lsof.ts";
import {
  hasArguments,
  parsePs,
  parsePsOwners,
  parsePsPairs,
  PS_COLUMNS,
  type PsLine,
  type PsOwner,
} from "./parse_ps.ts";
import {
  type Holder,
  isDead,
  type Listener,
  type LockHolder,
  namesDatabase,
  type Processes,
  type ProcessInfo,
} from "./processes.ts";
import { type RunTool, runTool, type RunToolLater, runToolLater } from "./run_tool.ts";
import { targetFile, targetLock } from "./target_file.ts";

/** No name lookups, no warnings, and no stat(2) of mounts, which waits for an unresponsive file server. */
const LSOF_QUIET = ["-nP", "-w", "-b"];
/** Flags in hexadecimal, then the fields to print. */
const LSOF_FILES = [...LSOF_QUIET, "+fG", "-FpcfGtDikn"];
const LSOF_SOCKETS = [...LSOF_QUIET, "-sTCP:LISTEN", "-Fpcftn"];
/** `txt` are the mapped files of a process, of which the first is its executable. */
const LSOF_EXECUTABLE = [...LSOF_QUIET, "-d", "txt", "-Fpfn"];

/** Means of {@linkcode darwinProcesses} that tests replace. */
export interface DarwinMeans {
  runLater?: RunToolLater;
  isThere?: (pid: number) => boolean;
}

/**
 * Process inspection on macOS, by ps(1), lsof(8) and sysctl(8), as there is no `/proc`. Each run of ps takes 5–10 ms, of
 * lsof 20 ms and more: docs/macos.md. lsof is only asked about named processes, groups or ports, because it reads all
 * memory maps of each process that it looks at: seconds for those of a whole desktop.
 *
 * @param ownPid PID of this process.
 * @param run Runs the tools.
 */
export function darwinProcesses(
  ownPid: number,
  run: RunTool = runTool,
  { runLater = runToolLater, isThere = isThereNow }: DarwinMeans = {},
): Processes {
  const lsof = (...args: string[]): LsofFile[] => parseLsof(run("lsof", args));
  const filesOf = (by: "-p" | "-g", ids: string): LsofFile[] => lsof("-a", by, ids, ...LSOF_FILES);
  const filesOfMany = (pids: number[]): LsofFile[] => pids.length === 0 ? [] : filesOf("-p", pids.join(","));
  const everyone = (): PsOwner[] => parsePsOwners(run("ps", ["-axww", "-o", "pid=,uid=,command="]));
  let boot: string | undefined;

  const groupLines = (pgid: number): PsLine[] =>
    parsePs(run("ps", ["-axww", "-o", PS_COLUMNS])).filter((line) => line.pgid === pgid && !isDead(line));

  const commandsOf = (pids: number[]): Map<number, string> =>
    pids.length === 0 ? new Map() : parsePsPairs(run("ps", ["-ww", "-o", "pid=,command=", "-p", pids.join(",")]));

  /** Not `comm` of ps, which is argv[0] and so any text that the caller of execve(2) chose. */
  const executableOf = (pid: number): string | null =>
    lsof("-a", "-p", String(pid), ...LSOF_EXECUTABLE).find(({ path }) => path?.startsWith("/"))?.path ?? null;

  const linesOf = (pid: number): PsLine[] => parsePs(run("ps", ["-ww", "-o", PS_COLUMNS, "-p", String(pid)]));

  /**
   * A group is in one session, and its leader leads that or another one does. 0 where the leader is dead; -1 is a session
   * of another process, whose PID ps does not print.
   */
  const sessionOf = ({ pid, pgid, isSessionLeader }: PsLine): number => {
    if (isSessionLeader) return pid;
    const leader = pgid === pid ? { isSessionLeader } : linesOf(pgid)[0];
    if (leader === undefined) return 0;
    return leader.isSessionLeader ? pgid : -1;
  };

  /** Executable and session are looked up when they are read, because most callers need only state and start time. */
  const describe = (line: PsLine): ProcessInfo => {
    let executable: string | null | undefined;
    let sid: number | undefined;
    const { pid, pgid, state, startTime, command } = line;
    return {
      pid,
      pgid,
      get sid() {
        return sid ??= sessionOf(line);
      },
      state,
      startTime,
      get executable() {
        if (executable === undefined) executable = executableOf(pid);
        return executable;
      },
      command: printableCommand(command),
    };
  };

  const inspect = (pid: number): ProcessInfo | null => linesOf(pid).map(describe)[0] ?? null;

  /** A process that an open file was found in. Its command line is looked up when it is read. */
  const holder = <More extends object>({ pid, name }: LsofFile, more: More): Holder & More => {
    let command: string | undefined;
    return {
      ...more,
      pid,
      get command() {
        return command ??= printableCommand(commandsOf([pid]).get(pid) ?? name ?? "");
      },
    };
  };

  const lockHolders = (path: string, firstPid?: number): LockHolder[] => {
    const target = targetLock(path);
    const first = firstPid === undefined ? [] : holdersIn(filesOf("-p", String(firstPid)), target, holder);
    return first.length > 0 ? first : holdersIn(filesOfMany(candidatesAmong(everyone())), target, holder);
  };

  const heldLocks = (paths: readonly string[]): string[] => {
    const files = paths.length === 0 ? [] : filesOfMany(candidatesAmong(everyone()));
    return paths.filter((path) => holdersIn(files, targetLock(path), holder).length > 0);
  };

  /** `rss` is in units of 1024 bytes (ps(1)). */
  const memoryBytes = (pids: readonly number[]): number => {
    if (pids.length === 0) return 0;
    const sizes = parsePsPairs(run("ps", ["-o", "pid=,rss=", "-p", pids.join(",")]));
    return [...sizes.values()].reduce((sum, size) => sum + 1024 * Number(size), 0);
  };

  const fileUsers = (path: string): Holder[] => {
    const target = targetFile(path);
    const owners = everyone();
    const open = target.identity === null ? [] : filesOfMany(candidatesAmong(owners));
    const isUse = (file: LsofFile) => locationOf(file, target) === "path" && !isReadOnlyInLsof(file);
    const pids = new Set(open.filter(isUse).map(({ pid }) => pid));
    return owners
      .filter(({ pid, command }) => pids.has(pid) || namesDatabase(command.split(" "), [target.path, path]))
      .filter(({ pid }) => pid !== ownPid)
      .map(({ pid, command }) => ({ pid, command: printableCommand(command) }));
  };

  const processesIn = (folder: string): Holder[] => {
    const { path } = targetFile(folder);
    const pids = candidatesAmong(everyone());
    const folders = pids.length === 0 ? [] : lsof("-a", "-p", pids.join(","), "-d", "cwd", ...LSOF_QUIET, "-Fpcfn");
    const found = folders.filter((file) => isWithin(file.path ?? "", path));
    return [...new Map(found.map((file) => [file.pid, file])).values()]
      .filter(({ pid }) => pid !== ownPid).map((file) => holder(file, {}));
  };

  const listeners = (port: number): Listener[] => {
    const found = lsof(...LSOF_SOCKETS, `-iTCP:${port}`);
    const commands = commandsOf([...new Set(found.map(({ pid }) => pid))]);
    return found.flatMap((file) => {
      const socket = socketAddress(file);
      if (socket === null || socket.port !== port) return [];
      return [{ ...socket, pid: file.pid, command: printableCommand(commands.get(file.pid) ?? file.name ?? "") }];
    });
  };

  const startTimeLater = async (pid: number): Promise<string | null> => {
    const [line] = parsePs(await runLater("ps", ["-ww", "-o", PS_COLUMNS, "-p", String(pid)]));
    return line === undefined || isDead(line) ? null : line.startTime;
  };

  return {
    // Not kern.boottime, which changes when the clock is set.
    bootId: () => boot ??= run("sysctl", ["-n", "kern.bootsessionuuid"]).trim(),
    inspect,
    isThere,
    argv: (pid) => {
      const command = commandsOf([pid]).get(pid) ?? "";
      return hasArguments(command) ? command.split(" ") : null;
    },
    hasInEnvironment: () => false,
    liveGroupMembers: (pgid) => groupLines(pgid).map(describe),
    startTimeLater,
    lockHolders,
    lockedFiles: (pid) => filesOf("-p", String(pid)).flatMap((file) => isLockedInLsof(file) ? file.path ?? [] : []),
    heldLocks,
    memoryBytes,
    groupHolds: (pgid, path) => holdersIn(filesOf("-g", String(pgid)), targetLock(path), holder).length > 0,
    fileUsers,
    hasWriteLock: () => null,
    // SIGSTOP suspends the whole task, so there is no need to wait for each thread.
    isGroupStopped: (pgid) => {
      const members = groupLines(pgid);
      return members.length > 0 && members.every(({ state }) => state === "T");
    },
    processesIn,
    listeners,
    groupListensOn: (pgid, port) => lsof("-a", "-g", String(pgid), ...LSOF_SOCKETS, `-iTCP:${port}`).length > 0,
  };
}

/**
 * kill(2) with signal 0 sends nothing; EPERM means that the process belongs to another user. ps takes a thousand times
 * as long.
 */
function isThereNow(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "ESRCH") return false;
    if (systemErrorCode(error) === "EPERM") return true;
    throw error;
  }
}
