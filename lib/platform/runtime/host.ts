import type { Connect } from "../net/connection.ts";
import type { ProcessExit } from "../spawn/spawn_options.ts";

/** A command that is running, or why it is not. */
export type ForegroundChild =
  | { kind: "runs"; ended: Promise<ProcessExit>; kill(signal: string): void }
  | { kind: "notFound" }
  | { kind: "notExecutable"; why: string };

/**
 * Runs a command with this process's stdin, stdout, stderr and process group, in its environment changed by `env`; null
 * removes a variable.
 */
export type RunForeground = (
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string | null>>,
) => Promise<ForegroundChild>;

/** The environment `env`, changed as for {@linkcode RunForeground}. */
export function changedEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  change: Parameters<RunForeground>[2],
): Record<string, string> {
  const entries = Object.entries({ ...env, ...change });
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] != null));
}

/** Signals that can be handled; each but SIGWINCH (the terminal has another size) terminates a process that does not handle it. */
export type HeardSignal = "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGQUIT" | "SIGUSR1" | "SIGUSR2" | "SIGWINCH";

/**
 * The current process, by the runtime's own API. Independent of `node:` modules, because Deno takes 8–20 ms to load
 * each of `node:process`, `node:path` and `node:fs`, longer than most runs of this tool take in total.
 */
export interface Host {
  readonly runtime: "deno" | "node";
  /** The runtime's version, without a leading `v`. */
  readonly runtimeVersion: string;
  /** `linux`, `darwin`, `win32` … */
  readonly platform: string;
  readonly pid: number;
  /** The effective user ID; -1 if there is none. */
  readonly uid: number;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** @throws {LocalError} `usage` if it was deleted */
  cwd(): string;
  readonly connect: Connect;
  readonly runForeground: RunForeground;
  /** The network namespace of this process, such as `net:[4026531840]`; null where there are none, or it is unknown. */
  networkNamespace(): string | null;
  /** Calls `action` after `ms`; returns a function that cancels it. */
  after(ms: number, action: () => void): () => void;
  /**
   * Writes all of `text`. Not an error if the reader has exited (`status | head -1`).
   *
   * @returns false if the reader has exited
   */
  write(stream: "stdout" | "stderr", text: string): Promise<boolean>;
  isTerminal(stream: "stdin" | "stdout" | "stderr"): boolean;
  /** Width of the terminal on stdout in columns; {@linkcode DEFAULT_COLUMNS} if it is not a terminal, or has no size. */
  columns(): number;
  /** Its height in lines; {@linkcode DEFAULT_ROWS} likewise. */
  rows(): number;
  /**
   * Puts the terminal on stdin into raw mode (no echo, each key at once, Ctrl-C as `\x03`) and calls `onKeys` with what is
   * typed; returns a function that restores the mode (false), and sets it again (true). Only for a terminal.
   */
  readKeys(onKeys: (typed: string) => void): (isRaw: boolean) => void;
  /** Calls `handler` for each of `signals`; returns a function that stops that. */
  onSignal(signals: readonly HeardSignal[], handler: (signal: string) => void): () => void;
  /** Owner and permission bits of the folder at `path`; null if there is no folder. */
  folderOwner(path: string): Owner | null;
  /** The same of whatever is at `path`, following links; null if there is nothing, or it cannot be seen. */
  owner(path: string): Owner | null;
  /**
   * Exits the process at once, whatever is still pending. No output is lost, because {@linkcode write} waits until the
   * system has accepted it.
   */
  exit(code: number): never;
  /** Whether anything visible exists at `path`, including a dangling symbolic link. */
  exists(path: string): boolean;
  /**
   * The text of the file at `path`; follows links. Does not open anything but regular files of at most `maxBytes`.
   *
   * @throws the system's error if the disk fails
   */
  readText(path: string, maxBytes: number): { text: string } | { refused: TextRefusal };
}

/** Owner and permission bits of a file or folder. */
export interface Owner {
  uid: number;
  gid: number;
  mode: number;
}

/** Why a text was not read. */
export type TextRefusal = "missing" | "not-a-file" | "too-big" | "unreadable";

/** The width of output in columns where none is known. A pseudo-terminal may have none: that of script(1) in CI says 0. */
export const DEFAULT_COLUMNS = 80;

/** Its height in lines, likewise. */
export const DEFAULT_ROWS = 24;

/** Whether this is Deno. */
export const isDeno: boolean = "Deno" in globalThis;
