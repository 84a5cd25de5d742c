import { closeSync, openSync, readdirSync, readlinkSync, readSync } from "node:fs";
import { systemErrorCode } from "../../errors/local_error.ts";
import { isDeno } from "../runtime/host.ts";
import { parseProcStat, type ProcStat } from "./parse_proc_stat.ts";

/**
 * Errors for a process that exited (ENOENT; ESRCH if between open and read), that belongs to another user (EACCES,
 * EPERM), or whose descriptor was closed meanwhile (EBADF).
 */
const UNSEEN = new Set(["ENOENT", "ESRCH", "EACCES", "EPERM", "ENOTDIR", "EBADF"]);

/** The result of `look`; null if what it reads has vanished or is not visible to this user. */
export function orUnseen<T>(look: () => T): T | null {
  try {
    return look();
  } catch (error) {
    if (UNSEEN.has(systemErrorCode(error) ?? "")) return null;
    throw error;
  }
}

/**
 * The text of a file under `/proc`, at most `maxBytes`; null if it is not visible. Node's `readFileSync` queries size
 * and type first, which is useless under `/proc` and takes as long as the read. Deno's own read takes a quarter of the
 * time of its `node:fs`.
 */
export function readProcText(path: string, maxBytes = 1024 * 1024): string | null {
  return orUnseen(() => {
    if (isDeno) return readByDeno(path)?.slice(0, maxBytes) ?? null;
    let text = "";
    for (const piece of readPieces(path, Math.min(maxBytes, 4096))) {
      text += piece;
      if (text.length >= maxBytes) return text.slice(0, maxBytes);
    }
    return text;
  });
}

/** The stat file in `folder`, of a process or a thread; null if it is not visible. */
export function readStat(folder: string): ProcStat | null {
  const text = readProcText(`${folder}/stat`);
  return text === null ? null : parseProcStat(text);
}

function readByDeno(path: string): string | null {
  try {
    return new TextDecoder().decode(Deno.readFileSync(path));
  } catch (error) {
    // Deno has no code for ESRCH, the error for a process that exited between open and read.
    if (error instanceof Error && error.message.includes("(os error 3)")) return null;
    throw error;
  }
}

/**
 * Reads a file in pieces of at most `size` bytes. The kernel generates the text of `/proc/net/tcp` on read, so a reader
 * that stops early saves the walk of the whole socket table (seq_read in fs/seq_file.c).
 *
 * @throws the system's error; wrap in {@linkcode orUnseen}
 */
export function* readPieces(path: string, size: number): Generator<string> {
  const fd = openSync(path, "r");
  try {
    const decoder = new TextDecoder();
    const bytes = new Uint8Array(size);
    for (;;) {
      const length = readSync(fd, bytes, 0, size, null);
      if (length === 0) break;
      yield decoder.decode(bytes.subarray(0, length), { stream: true });
    }
    const rest = decoder.decode();
    if (rest !== "") yield rest;
  } finally {
    closeSync(fd);
  }
}

/** The target of the link at `path`; null if it is not visible. */
export function readProcLink(path: string): string | null {
  return orUnseen(() => readlinkSync(path));
}

/** The numeric names in the folder at `path`, ascending; empty if it is not visible. */
export function listNumbers(path: string): number[] {
  const names = orUnseen(() => readdirSync(path)) ?? [];
  return names.filter((name) => /^\d+$/.test(name)).map(Number).sort((a, b) => a - b);
}

/** A descriptor of a process and its target: a path, `socket:[inode]`, `pipe:[inode]` … */
export interface DescriptorLink {
  fd: number;
  link: string;
  /** The path of the link itself, which stat(2) follows to the open file even if it was deleted. */
  path: string;
}

/** The descriptors of process `pid`; none if it has exited or is not visible. */
export function* descriptorLinks(proc: string, pid: number): Generator<DescriptorLink> {
  for (const fd of listNumbers(`${proc}/${pid}/fd`)) {
    const path = `${proc}/${pid}/fd/${fd}`;
    try {
      yield { fd, link: readlinkSync(path), path };
    } catch (error) {
      const code = systemErrorCode(error);
      // A process may show its descriptors but not their targets (ptrace(2), access mode checks): one refusal holds for
      // all.
      if (code === "EACCES" || code === "EPERM") return;
      if (code === undefined || !UNSEEN.has(code)) throw error;
    }
  }
}
