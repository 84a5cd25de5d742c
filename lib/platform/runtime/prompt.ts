import { readSync } from "node:fs";
import { withFile } from "../files/with_file.ts";
import type { Host } from "./host.ts";

/**
 * Asks a question on the terminal and returns the typed line; empty if the terminal is closed. Reads `/dev/tty`, not
 * stdin, which Node makes non-blocking and which may be a pipe. Ctrl-C terminates the process, unless SIGINT is
 * handled.
 */
export async function askTerminal(host: Host, question: string): Promise<string> {
  await host.write("stderr", question);
  return withFile("/dev/tty", (fd) => {
    const bytes: number[] = [];
    const byte = new Uint8Array(1);
    while (readSync(fd, byte, 0, 1, null) === 1 && byte[0] !== 0x0a) bytes.push(byte[0]!);
    return new TextDecoder().decode(new Uint8Array(bytes));
  });
}

/** Whether the answer to a `[y/N]` question is yes; anything else is no. */
export function isYes(answer: string): boolean {
  return /^\s*y(es)?\s*$/i.test(answer);
}
