import { spawn } from "node:child_process";
import process from "node:process";
import { onPseudoTerminal } from "../portable.ts";
import { temporalBinary } from "./support.ts";

/** A pseudo-terminal on which a command runs. */
export interface Terminal {
  /** All that was written to it so far. */
  shown(): string;
  /** Types on its keyboard. */
  press(keys: string): void;
}

/** How a command on a terminal ended. */
export interface TerminalEnd {
  code: number | null;
  shown: string;
}

/**
 * Runs a shell command on a pseudo-terminal by script(1) while `body` sees its screen and has its keyboard, and waits for its
 * end.
 */
export async function withTerminal(
  command: string,
  { columns = 80, rows = 24, env = {} }: { columns?: number; rows?: number; env?: Record<string, string> },
  body: (terminal: Terminal) => Promise<void>,
): Promise<TerminalEnd> {
  // noflsh: Ctrl-C must not throw away what was written and is not read yet.
  const line = `stty cols ${columns} rows ${rows} noflsh; ${command}`;
  const whole = { ...process.env, NO_COLOR: undefined, TERM: "xterm", STIGMER_TEMPORAL_BIN: temporalBinary(), ...env };
  const [file, ...args] = onPseudoTerminal(line);
  const child = spawn(file!, args, { env: whole, stdio: ["pipe", "pipe", "inherit"] });
  let shown = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => shown += text);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  try {
    await body({ shown: () => shown, press: (keys) => child.stdin.write(keys) });
    return { code: await ended, shown };
  } finally {
    child.kill("SIGKILL");
  }
}

/** The lines on the terminal after what the live view wrote, without colours. */
export function picture(output: string): string[] {
  let lines: string[] = [];
  // deno-lint-ignore no-control-regex -- clearing the screen, and a line in its place
  for (const [, row, text] of output.matchAll(/\x1b\[2J|\x1b\[(\d+);1H\x1b\[2K((?:\x1b\[\d+m|[^\x1b])*)/g)) {
    if (row === undefined) lines = [];
    else lines[Number(row) - 1] = uncoloured(text!);
  }
  return Array.from(lines, (line) => line ?? "");
}

/** A text without colours. */
export function uncoloured(text: string): string {
  // deno-lint-ignore no-control-regex -- ECMA-48's SGR
  return text.replace(/\x1b\[\d+m/g, "");
}
