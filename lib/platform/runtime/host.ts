import type { Connect } from "../net/connection.ts";

/** How a command ended: one of the two is null. */
export interface ForegroundExit {
  code: number | null;
  signal: string | null;
}

/** What came of the try to run a command. */
export type ForegroundChild =
  | { kind: "runs"; ended: Promise<ForegroundExit>; kill(signal: string): void }
  | { kind: "notFound" }
  | { kind: "notExecutable"; why: string };

/**
 * Runs a command with our own stdin, stdout, stderr and process group, in our environment, changed by `env`: null takes a
 * variable away.
 */
export type RunForeground = (
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string | null>>,
) => Promise<ForegroundChild>;

/** The signals that can be listened for: those that end a process which does not. */
export type HeardSignal = "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGQUIT" | "SIGUSR1" | "SIGUSR2";

/**
 * The process that we are, over the runtime's own means. Kept apart from `node:` modules because Deno needs 8–20 ms to
 * load each of `node:process`, `node:path` and `node:fs`, and most runs of this tool take less than that in all.
 */
export interface Host {
  readonly runtime: "deno" | "node";
  /** The runtime's version, without a leading `v`. */
  readonly runtimeVersion: string;
  /** `linux`, `darwin`, `win32` … */
  readonly platform: string;
  readonly pid: number;
  /** The effective user, or -1 where there is none. */
  readonly uid: number;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  cwd(): string;
  readonly connect: Connect;
  readonly runForeground: RunForeground;
  /** Calls `action` after `ms`, unless the function that it returns is called before. */
  after(ms: number, action: () => void): () => void;
  /**
   * Writes all of `text`. A reader that went away (`status | head -1`) ends the writing, without an error.
   *
   * @returns whether the reader, if there was one, is still there
   */
  write(stream: "stdout" | "stderr", text: string): Promise<boolean>;
  isTerminal(stream: "stdin" | "stdout" | "stderr"): boolean;
  /** Width of the terminal on stdout in columns; 80 where there is none. */
  columns(): number;
  /** Calls `handler` for each of `signals` from now on; returns the way to stop that. */
  onSignal(signals: readonly HeardSignal[], handler: (signal: string) => void): () => void;
  /**
   * The owner and the permission bits of the folder at `path`; null when nothing is there or it is no folder.
   */
  folderOwner(path: string): { uid: number; mode: number } | null;
  /**
   * Ends the process. Nothing that was written is lost: {@linkcode write} waits until the system has taken it. A reader
   * that is gone, a wait that nobody needs any more and the like don't keep the process alive.
   */
  exit(code: number): never;
  /** Whether anything that we may see is at `path`; a link counts, wherever it leads. */
  exists(path: string): boolean;
  /**
   * The text of the file at `path`; links are followed. What is no file (a FIFO, a folder) is not opened, nor what is
   * larger than `maxBytes`.
   *
   * @throws the system's error when the disk fails
   */
  readText(path: string, maxBytes: number): { text: string } | { refused: TextRefusal };
}

/** Why a text was not read. */
export type TextRefusal = "missing" | "not-a-file" | "too-big" | "unreadable";

/** Whether this is Deno. */
export const isDeno: boolean = "Deno" in globalThis;
