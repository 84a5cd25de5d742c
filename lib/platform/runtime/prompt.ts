import { closeSync, openSync, readSync } from "node:fs";
import type { Host } from "./host.ts";

/**
 * Asks a question on the terminal and gives the line that is typed, without its end; empty when the terminal is closed.
 * It reads `/dev/tty`, not stdin: Node makes that one non-blocking, and a pipe into it answers nothing. Ctrl-C ends the
 * process, as it does wherever nobody listens for it.
 */
export async function askTerminal(host: Host, question: string): Promise<string> {
  await host.write("stderr", question);
  const fd = openSync("/dev/tty", "r");
  try {
    const bytes: number[] = [];
    const byte = new Uint8Array(1);
    while (readSync(fd, byte, 0, 1, null) === 1 && byte[0] !== 0x0a) bytes.push(byte[0]!);
    return new TextDecoder().decode(new Uint8Array(bytes));
  } finally {
    closeSync(fd);
  }
}

/** Whether the answer to a question `[y/N]` is a clear yes; everything else is a no. */
export function isYes(answer: string): boolean {
  return /^\s*y(es)?\s*$/i.test(answer);
}
