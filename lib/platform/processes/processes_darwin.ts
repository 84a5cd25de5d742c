import { lstatSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import process from "node:process";
import { systemErrorCode } from "../../errors/local_error.ts";
import { printableCommand } from "../../text/printable.ts";
import { namesDatabase } from "./dev_server_argv.ts";
import { isLockedInLsof, isReadOnlyInLsof, type LsofFile, parseLsof, socketAddress } from "./parse_lsof.ts";
import { parsePs, parsePsPairs, PS_COLUMNS, type PsLine } from "./parse_ps.ts";
import { orUnseen } from "./proc_files.ts";
import type { Holder, Listener, LockHolder, Processes, ProcessInfo } from "./processes.ts";
import { type RunTool, runTool } from "./run_tool.ts";

/** No name lookups, no warnings, flags in hexadecimal, then the fields to print. */
const LSOF_FILES = ["-nP", "-w", "+fG", "-FpcfGtDikn"];
const LSOF_SOCKETS = ["-nP", "-w", "-sTCP:LISTEN", "-Fpcftn"];

/**
 * Process inspection on macOS, by ps(1), lsof(8) and sysctl(8), as there is no `/proc`. Each call takes 5–50 ms. `sid`
 * is always 0: ps has no column for it.
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

  /** Queries executables separately from command lines, because both may contain spaces. */
  const describe = (lines: PsLine[]): ProcessInfo[] => {
    if (lines.length === 0) return [];
    const pids = lines.map(({ pid }) => pid).join(",");
    const executables = parsePsPairs(run("ps", ["-ww", "-o", "pid=,comm=", "-p", pids]));
    return lines.map((line) => ({
      ...line,
      sid: 0,
      executable: realExecutable(executables.get(line.pid)),
      command: printableCommand(line.command) || basename(executables.get(line.pid) ?? ""),
    }));
  };

  const inspect = (pid: number): ProcessInfo | null =>
    describe(parsePs(run("ps", ["-ww", "-o", PS_COLUMNS, "-p", String(pid)])))[0] ?? null;

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
    argv: (pid) => commandsOf([pid]).get(pid)?.split(" ") ?? null,
    liveGroupMembers: (pgid) => describe(groupLines(pgid)),
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

/** `comm` is the executed path; for a login shell it begins with a dash. */
function realExecutable(comm: string | undefined): string | null {
  if (comm === undefined || !comm.startsWith("/")) return null;
  return orUnseen(() => realpathSync(comm)) ?? comm;
}
