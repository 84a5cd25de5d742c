import { readFileSync, statSync } from "node:fs";
import { checkHome, type Command, type CommandContext } from "../cli/context.ts";
import { systemErrorCode } from "../errors/local_error.ts";
import { instancePaths } from "../instance/paths.ts";
import { followLines } from "../logs/follow_log.ts";
import { linesSince, parseSince } from "../logs/log_lines.ts";
import { requireLogFile } from "../logs/open_log.ts";
import { paintLine } from "../logs/paint_line.ts";
import { rotatedLogs } from "../logs/rotate_log.ts";

const DEFAULT_LINES = 200;

/** Shows Temporal's or the supervisor's log, including rotated ones. */
export const logs: Command = async (context) => {
  const { host, invocation: { home, commandOptions } } = context;
  const paths = instancePaths(home);
  const path = commandOptions["supervisor"] === true ? paths.supervisorLog : paths.temporalLog;
  const sinceMs = typeof commandOptions["since"] === "string" ? parseSince(commandOptions["since"], Date.now()) : null;
  const limit = typeof commandOptions["lines"] === "number"
    ? commandOptions["lines"]
    : sinceMs === null
    ? DEFAULT_LINES
    : Infinity;
  const info = checkHome(context) && requireLogFile(path) ? statSync(path, { throwIfNoEntry: false }) : undefined;
  if (info === undefined && commandOptions["follow"] !== true) {
    await context.tell(`No log yet at ${path}`);
    return 0;
  }
  const render = await renderer(context);
  const { lines, offset } = readLines(path, limit, sinceMs);
  const isRead = await host.write("stdout", lines.map((line) => `${render(line)}\n`).join(""));
  if (commandOptions["follow"] === true && isRead) await follow(context, render, path, offset, info?.ino ?? null);
  return 0;
};

/** How a line is printed: in colour, or with `--json` as one document. */
async function renderer({ invocation: { json }, paint }: CommandContext): Promise<(line: string) => string> {
  if (!json) return (line) => paintLine(line, paint);
  const { logDocument } = await import("../logs/log_document.ts");
  return (line) => JSON.stringify(logDocument(line));
}

/** The selected lines, and the offset in the current log up to which they were read. */
function readLines(path: string, limit: number, sinceMs: number | null): { lines: string[]; offset: number } {
  const current = readBytes(path);
  let lines = splitLines(current);
  const older = statSync(path, { throwIfNoEntry: false }) === undefined ? [] : rotatedLogs(path);
  while (lines.length < limit && older.length > 0) lines = [...splitLines(readBytes(older.pop()!)), ...lines];
  if (sinceMs !== null) lines = linesSince(lines, sinceMs);
  return { lines: limit === Infinity ? lines : limit === 0 ? [] : lines.slice(-limit), offset: current.length };
}

function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return new Uint8Array(0);
    throw error;
  }
}

function splitLines(bytes: Uint8Array): string[] {
  const lines = new TextDecoder().decode(bytes).split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

async function follow(
  { host }: CommandContext,
  render: (line: string) => string,
  path: string,
  offset: number,
  inode: number | null,
): Promise<void> {
  const end = new AbortController();
  host.onSignal(["SIGINT", "SIGTERM"], () => end.abort());
  const { watchReader } = await import("../platform/runtime/reader_gone.ts");
  watchReader(() => end.abort(), end.signal);
  try {
    for await (const lines of followLines(path, offset, inode, end.signal)) {
      if (!(await host.write("stdout", lines.map((line) => `${render(line)}\n`).join("")))) return;
    }
  } finally {
    end.abort(); // ends the watch, too
  }
}
