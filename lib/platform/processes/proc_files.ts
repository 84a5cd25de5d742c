import { closeSync, openSync, readdirSync, readlinkSync, readSync } from "node:fs";
import { systemErrorCode } from "../../errors/local_error.ts";
import { isDeno } from "../runtime/host.ts";

/**
 * What the kernel answers for a process that is gone (ENOENT, ESRCH when it went between open and read), that is another
 * user's (EACCES, EPERM), or whose descriptor was closed meanwhile (EBADF).
 */
const UNSEEN = new Set(["ENOENT", "ESRCH", "EACCES", "EPERM", "ENOTDIR", "EBADF"]);

/** The result of `look`, or null when what it looks at is gone or hidden from us. */
export function orUnseen<T>(look: () => T): T | null {
  try {
    return look();
  } catch (error) {
    if (UNSEEN.has(systemErrorCode(error) ?? "")) return null;
    throw error;
  }
}

/**
 * The text of a file under `/proc`, or null when it can't be seen. At most `maxBytes`.
 * Node's `readFileSync` asks for size and type first, which under `/proc` says nothing and costs as much as the reading.
 * Deno's own takes a quarter of what `node:fs` takes there.
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

function readByDeno(path: string): string | null {
  try {
    return new TextDecoder().decode(Deno.readFileSync(path));
  } catch (error) {
    // Deno has no code for ESRCH, which a process answers that went between open and read.
    if (error instanceof Error && error.message.includes("(os error 3)")) return null;
    throw error;
  }
}

/**
 * Reads a file in pieces of at most `size` bytes. The kernel makes the text of `/proc/net/tcp` while it is read, so a
 * reader who has found what it looks for can stop before the whole socket table is walked (seq_read in fs/seq_file.c).
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

/** Where the link at `path` leads, or null when it can't be seen. */
export function readProcLink(path: string): string | null {
  return orUnseen(() => readlinkSync(path));
}

/** The numbers among the names in the folder at `path`, rising; none when it can't be seen. */
export function listNumbers(path: string): number[] {
  const names = orUnseen(() => readdirSync(path)) ?? [];
  return names.filter((name) => /^\d+$/.test(name)).map(Number).sort((a, b) => a - b);
}

/** A descriptor of a process and where it leads: a path, `socket:[inode]`, `pipe:[inode]` … */
export interface DescriptorLink {
  fd: number;
  link: string;
  /** The link itself, which stat(2) follows to the open file, whatever became of its name. */
  path: string;
}

/** The descriptors of process `pid`; none when it is gone or hidden from us. */
export function* descriptorLinks(proc: string, pid: number): Generator<DescriptorLink> {
  for (const fd of listNumbers(`${proc}/${pid}/fd`)) {
    const path = `${proc}/${pid}/fd/${fd}`;
    try {
      yield { fd, link: readlinkSync(path), path };
    } catch (error) {
      const code = systemErrorCode(error);
      // A process may show its numbers and hide where they lead (ptrace(2), access mode checks): one refusal stands for all.
      if (code === "EACCES" || code === "EPERM") return;
      if (code === undefined || !UNSEEN.has(code)) throw error;
    }
  }
}
