import { lstatSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import process from "node:process";
import { systemErrorCode } from "../../errors/local_error.ts";
import { printableCommand } from "../../text/printable.ts";
import { namesDatabase } from "./dev_server_argv.ts";
import { isLockedInLsof, isReadOnlyInLsof, type LsofFile, parseLsof, socketAddress } from "./parse_lsof.ts";
import { hasArguments, parsePs, parsePsPairs, PS_COLUMNS, type PsLine } from "./parse_ps.ts";
import { orUnseen } from "./proc_files.ts";
import type { Holder, Listener, LockHolder, Processes, ProcessInfo } from "./processes.ts";
import { type RunTool, runTool } from "./run_tool.ts";

/** No name lookups, no warnings, flags in hexadecimal, then the fields to print. */
const LSOF_FILES = ["-nP", "-w", "+fG", "-FpcfGtDikn"];
const LSOF_SOCKETS = ["-nP", "-w", "-sTCP:LISTEN", "-Fpcftn"];
/** `txt` are the mapped files of a process, of which the first is its executable. */
const LSOF_EXECUTABLE = ["-nP", "-w", "-d", "txt", "-Fpfn"];

/**
 * Process inspection on macOS, by ps(1), lsof(8) and sysctl(8), as there is no `/proc`. Each run of ps takes 5–10 ms, of
 * lsof 20 ms and more: docs/macos.md. ps has no column for the session: see `sid` in describe().
 *
 * @param ownPid PID of this process.
 * @param run Runs the tools.
 */
export function darwinProcesses(ownPid: number, run: RunTool = runTool): Processes {
  const lsof = (...args: string[]): LsofFile[] => parseLsof(run("lsof", args));

  const groupLines = (pgid: number): PsLine[] =>
    parsePs(run("ps", ["-axww", "-o", PS_COLUMNS])).filter((line) => line.pgid === pgid && !/[ZX]/.test(line.state));

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

  const holders = (pids: number[]): Holder[] => {
    const commands = commandsOf(pids);
    return pids.filter((pid) => commands.has(pid)).map((pid) => ({
      pid,
      command: printableCommand(commands.get(pid)!),
    }));
  };

  const lockHolders = (path: string, firstPid?: number): LockHolder[] => {
    const target = targetLock(path);
    const among = (files: LsofFile[]): LockHolder[] => {
      const found = new Map<number, LockHolder["on"]>();
      for (const file of files) {
        const on = isLockedInLsof(file) ? locationOf(file, target) : null;
        if (on !== null && found.get(file.pid) !== "path") found.set(file.pid, on);
      }
      return holders([...found.keys()]).map((holder) => ({ ...holder, on: found.get(holder.pid)! }));
    };
    const first = firstPid === undefined ? [] : among(lsof(...LSOF_FILES, "-p", String(firstPid)));
    if (first.length > 0) return first;
    // `+L1` selects deleted files. Without `-a`, lsof lists files that match either condition.
    return among(lsof(...LSOF_FILES, "+L1", ...(target.identity === null ? [] : ["--", target.path])));
  };

  const fileUsers = (path: string): Holder[] => {
    const target = targetOf(path);
    const open = target.identity === null ? [] : lsof(...LSOF_FILES, "--", target.path);
    const isUse = (file: LsofFile) => locationOf(file, target) === "path" && !isReadOnlyInLsof(file);
    const pids = new Set(open.filter(isUse).map(({ pid }) => pid));
    for (const [pid, command] of parsePsPairs(run("ps", ["-axww", "-o", "pid=,command="]))) {
      if (namesDatabase(command.split(" "), [target.path, path])) pids.add(pid);
    }
    pids.delete(ownPid);
    return holders([...pids]);
  };

  const processesIn = (folder: string): Holder[] => {
    const { path } = targetOf(folder);
    const folders = lsof("-d", "cwd", "-nP", "-w", "-Fpfn");
    const pids = folders.filter((file) => `${file.path ?? ""}/`.startsWith(`${path}/`)).map(({ pid }) => pid);
    return holders([...new Set(pids)].filter((pid) => pid !== ownPid));
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

  return {
    // Not kern.boottime, which changes when the clock is set.
    bootId: () => run("sysctl", ["-n", "kern.bootsessionuuid"]).trim(),
    inspect,
    isThere,
    argv: (pid) => {
      const command = commandsOf([pid]).get(pid) ?? "";
      return hasArguments(command) ? command.split(" ") : null;
    },
    liveGroupMembers: (pgid) => groupLines(pgid).map(describe),
    lockHolders,
    lockedFiles: (pid) =>
      lsof(...LSOF_FILES, "-p", String(pid)).flatMap((file) => isLockedInLsof(file) ? file.path ?? [] : []),
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
function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "ESRCH") return false;
    if (systemErrorCode(error) === "EPERM") return true;
    throw error;
  }
}

interface Target {
  path: string;
  identity: { dev: bigint; ino: bigint } | null;
}

function targetOf(path: string): Target {
  const real = orUnseen(() => realpathSync(path));
  return real === null ? targetLock(path) : { path: real, identity: orUnseen(() => statSync(real, { bigint: true })) };
}

/** Does not follow a link at `path`: this tool never locks through one. */
function targetLock(path: string): Target {
  const folder = dirname(resolve(path));
  const real = join(orUnseen(() => realpathSync(folder)) ?? folder, basename(path));
  return { path: real, identity: orUnseen(() => lstatSync(real, { bigint: true })) };
}

function locationOf(file: LsofFile, { path, identity }: Target): LockHolder["on"] | null {
  if (file.type !== "REG" || !/^\d+$/.test(file.fd ?? "")) return null;
  if (identity !== null && file.inode === identity.ino && file.device === identity.dev) return "path";
  return file.links === 0 && file.path === path ? "deleted" : null;
}
