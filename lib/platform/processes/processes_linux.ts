import { MAX_COMMAND_LENGTH, printableCommand } from "../../text/printable.ts";
import { isWithin } from "../files/is_within.ts";
import {
  isFlockShown,
  isReadOnly,
  isWriteLockShown,
  locationOf,
  lockedFilesOf,
  openFilesOf,
} from "./open_files_linux.ts";
import { parseNetTcp } from "./parse_net_tcp.ts";
import type { ProcStat } from "./parse_proc_stat.ts";
import {
  descriptorLinks,
  listNumbers,
  orUnseen,
  readPieces,
  readProcLink,
  readProcText,
  readStat,
} from "./proc_files.ts";
import {
  type Holder,
  isDead,
  type Listener,
  type LockHolder,
  namesDatabase,
  type Processes,
  type ProcessInfo,
} from "./processes.ts";
import { targetFile, targetLock } from "./target_file.ts";

/** The IPv4 and IPv6 sockets of this network namespace. */
const TCP_TABLES = ["net/tcp", "net/tcp6"];

/** Size of each read of a TCP table when looking for a single socket: about six lines. */
const TCP_PIECE_BYTES = 1024;

/**
 * Process inspection on Linux, by `/proc` (proc(5)).
 *
 * @param proc Path of the proc file system. @default {"/proc"} @param ownPid PID of this process.
 */
export function linuxProcesses(ownPid: number, proc = "/proc"): Processes {
  const statOf = (pid: number): ProcStat | null => readStat(`${proc}/${pid}`);
  const liveStatOf = (pid: number): ProcStat | null => {
    const stat = statOf(pid);
    return stat === null || isDead(stat) ? null : stat;
  };
  const argv = (pid: number): string[] | null => {
    const text = readProcText(`${proc}/${pid}/cmdline`);
    if (text === null || text === "") return null;
    return (text.endsWith("\0") ? text.slice(0, -1) : text).split("\0");
  };
  const commandOf = (pid: number, name?: string): string => {
    const line = readProcText(`${proc}/${pid}/cmdline`, 4 * MAX_COMMAND_LENGTH) ?? "";
    return printableCommand(line.replace(/\0+$/, "").replaceAll("\0", " ")) ||
      printableCommand(name ?? statOf(pid)?.name ?? "");
  };
  const holder = (pid: number): Holder => ({ pid, command: commandOf(pid) });
  const describe = ({ pid, pgid, sid, state, startTime, name }: ProcStat): ProcessInfo => ({
    ...{ pid, pgid, sid, state, startTime },
    executable: readProcLink(`${proc}/${pid}/exe`)?.replace(/ \(deleted\)$/, "") ?? null,
    command: commandOf(pid, name),
  });
  const inspect = (pid: number): ProcessInfo | null => {
    const stat = statOf(pid);
    return stat === null ? null : describe(stat);
  };
  const groupStats = (pgid: number): ProcStat[] =>
    listNumbers(proc).map(liveStatOf).filter((stat) => stat !== null).filter((stat) => stat.pgid === pgid);

  const lockedFileOf = (pid: number, target: ReturnType<typeof targetLock>) =>
    openFilesOf(proc, pid, target).find(({ fd }) => isFlockShown(proc, pid, fd));

  const groupHolds = (pgid: number, path: string): boolean => {
    const target = targetLock(path);
    return groupStats(pgid).some(({ pid }) => lockedFileOf(pid, target) !== undefined);
  };

  const lockHolders = (path: string, firstPid?: number): LockHolder[] => {
    const target = targetLock(path);
    const holdersAmong = (pids: number[]): LockHolder[] =>
      pids.flatMap((pid) => {
        const file = lockedFileOf(pid, target);
        return file === undefined ? [] : { ...holder(pid), on: file.on };
      });
    const first = firstPid === undefined ? [] : holdersAmong([firstPid]);
    return first.length > 0 ? first : holdersAmong(listNumbers(proc));
  };

  const heldLocks = (paths: readonly string[]): string[] => {
    const missing = new Map(paths.map((path) => [path, targetLock(path)]));
    for (const pid of missing.size === 0 ? [] : listNumbers(proc)) {
      for (const link of descriptorLinks(proc, pid)) {
        for (const [path, target] of missing) {
          if (locationOf(link, target) !== null && isFlockShown(proc, pid, link.fd)) missing.delete(path);
        }
      }
    }
    return paths.filter((path) => !missing.has(path));
  };

  /** `Pss` of proc_pid_smaps(5); root's processes show none to others. */
  const memoryOf = (pid: number): number =>
    1024 * Number(/^Pss:\s*(\d+) kB/m.exec(readProcText(`${proc}/${pid}/smaps_rollup`) ?? "")?.[1] ?? 0);

  const fileUsers = (path: string): Holder[] => {
    const target = targetFile(path);
    // A missing file is open nowhere; skips the scan of all descriptors, which takes as long as everything else.
    const hasOpen = (pid: number) =>
      target.identity !== null &&
      openFilesOf(proc, pid, target).some(({ on, fd }) => on === "path" && !isReadOnly(proc, pid, fd));
    const isUser = (pid: number) => hasOpen(pid) || namesDatabase(argv(pid), [target.path, path]);
    return listNumbers(proc).filter((pid) => pid !== ownPid && isUser(pid)).map(holder);
  };

  const hasWriteLock = (pids: readonly number[], path: string): boolean => {
    const target = targetFile(path);
    return pids.some((pid) => openFilesOf(proc, pid, target).some(({ fd }) => isWriteLockShown(proc, pid, fd)));
  };

  /** Threads stop one by one, when they leave the kernel: the leader's state does not tell those of the others. */
  const isStopped = ({ pid, state }: ProcStat): boolean =>
    state === "T" && listNumbers(`${proc}/${pid}/task`).every((thread) => {
      const stat = readStat(`${proc}/${pid}/task/${thread}`);
      return stat === null || /[TZX]/i.test(stat.state);
    });
  const isGroupStopped = (pgid: number): boolean => {
    const members = groupStats(pgid);
    return members.length > 0 && members.every(isStopped);
  };

  const processesIn = (folder: string): Holder[] => {
    const { path } = targetFile(folder);
    return listNumbers(proc).filter((pid) => pid !== ownPid && liveStatOf(pid) !== null)
      .filter((pid) => isWithin(readProcLink(`${proc}/${pid}/cwd`) ?? "", path)).map(holder);
  };

  const socketsOf = (pid: number): string[] =>
    [...descriptorLinks(proc, pid)].map(({ link }) => link)
      .filter((link) => link.startsWith("socket:[")).map((link) => link.slice(8, -1));

  const listeners = (port: number): Listener[] => {
    const sockets = TCP_TABLES.flatMap((table) => parseNetTcp(readProcText(`${proc}/${table}`) ?? "", port));
    const owners = new Map<string, number>();
    const missing = new Set(sockets.map(({ inode }) => inode));
    for (const pid of missing.size === 0 ? [] : listNumbers(proc)) {
      for (const inode of socketsOf(pid)) {
        if (missing.delete(inode)) owners.set(inode, pid);
      }
      if (missing.size === 0) break;
    }
    return sockets.map(({ address, inode }) => {
      const pid = owners.get(inode) ?? null;
      return { address, port, pid, command: pid === null ? null : commandOf(pid) };
    });
  };

  const groupListensOn = (pgid: number, port: number): boolean => {
    // Checks the leader first, which nearly always is the listener.
    const ofLeader = new Set(socketsOf(pgid));
    const seen = new Set<string>();
    for (const table of TCP_TABLES) {
      const isLeaders = orUnseen(() => {
        let text = "";
        for (const piece of readPieces(`${proc}/${table}`, TCP_PIECE_BYTES)) {
          text += piece;
          const lastLine = text.lastIndexOf("\n") + 1;
          for (const { inode } of parseNetTcp(text.slice(0, lastLine), port)) {
            if (ofLeader.has(inode)) return true;
            seen.add(inode);
          }
          text = text.slice(lastLine);
        }
        return false;
      });
      if (isLeaders) return true;
    }
    if (seen.size === 0) return false;
    return groupStats(pgid).some(({ pid }) => socketsOf(pid).some((inode) => seen.has(inode)));
  };

  return {
    bootId: () => (readProcText(`${proc}/sys/kernel/random/boot_id`) ?? "").trim(),
    inspect,
    isThere: (pid) => liveStatOf(pid) !== null,
    argv,
    hasInEnvironment: (pid, entry) => readProcText(`${proc}/${pid}/environ`)?.split("\0").includes(entry) ?? false,
    liveGroupMembers: (pgid) => groupStats(pgid).map(describe),
    startTimeLater: (pid) => Promise.resolve(liveStatOf(pid)?.startTime ?? null),
    lockHolders,
    lockedFiles: (pid) => lockedFilesOf(proc, pid),
    heldLocks,
    groupHolds,
    memoryBytes: (pids) => pids.reduce((sum, pid) => sum + memoryOf(pid), 0),
    fileUsers,
    hasWriteLock,
    isGroupStopped,
    processesIn,
    listeners,
    groupListensOn,
  };
}
