import { spawn } from "node:child_process";
import { fstatSync } from "node:fs";
import process from "node:process";
import { openLibrary } from "../locks/libc_deno.ts";
import { spawnClosed } from "../spawn/close_on_exec.ts";
import { findSystemTool } from "../spawn/executable.ts";
import { poll } from "./poll.ts";

const STDOUT = 1;
/** How often Deno looks, in ms. */
const POLL_MS = 100;
/** In poll.h of Linux and macOS. */
const POLLERR_OR_POLLHUP = 0x08 | 0x10;

/**
 * Calls `onGone` when the reader of stdout has exited, as of a pipe into `grep -m1`. A write would tell, but there may be
 * nothing to write for hours. Never calls it if stdout is neither a pipe nor a socket, or where this cannot be known.
 *
 * Deno calls poll(2). Node has neither that nor anything else that sees the error of a pipe that it does not write to, so
 * perl(1) waits for it, a process that sleeps until then.
 *
 * @param signal Ends the watch.
 */
export function watchReader(onGone: () => void, signal: AbortSignal): void {
  const libc = openLibrary({ poll: { parameters: ["buffer", "usize", "i32"], result: "i32" } });
  if (libc === null) return waitByPerl(onGone, signal);
  const isGone = () => {
    const entry = new DataView(new ArrayBuffer(8)); // struct pollfd: int fd; short events, revents
    entry.setInt32(0, STDOUT, true);
    return libc.symbols.poll(entry, 1n, 0) > 0 && (entry.getInt16(6, true) & POLLERR_OR_POLLHUP) !== 0;
  };
  const waiting = poll(() => isGone() || null, { everyMs: POLL_MS, timeoutMs: Infinity, signal });
  void waiting.then(onGone, () => {}).finally(() => libc.close()); // an abort ends it
}

/**
 * select(2) reports a pipe without readers as readable, also to its writer. Stdin tells that this process has exited.
 * Exits with 0 if the reader of stdout is gone; not if that socket has data.
 */
const WAIT_FOR_READER = `
  my $fds = ""; vec($fds, 0, 1) = vec($fds, 1, 1) = 1;
  for (;;) {
    my $ready = $fds;
    next if select($ready, undef, undef, undef) < 1;
    exit 1 if !vec($ready, 1, 1);
    exit(-S STDOUT && defined(recv(STDOUT, my $data, 1, 2)) && length $data ? 1 : 0);
  }`;

function waitByPerl(onGone: () => void, signal: AbortSignal): void {
  const info = fstatSync(STDOUT);
  const perl = info.isFIFO() || info.isSocket() ? findSystemTool("perl", process.env.PATH) : null;
  if (perl === null || signal.aborted) return;
  const child = spawnClosed(() =>
    spawn(perl, ["-e", WAIT_FOR_READER], { env: {}, stdio: ["pipe", "inherit", "ignore"] })
  );
  child.on("error", () => {}); // then the next write tells
  child.stdin?.on("error", () => {}); // missing where no descriptor is left
  child.once("exit", (code) => {
    if (code === 0) onGone();
  });
  signal.addEventListener("abort", () => child.stdin?.destroy(), { once: true });
}
