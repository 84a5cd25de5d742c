import { checkHome, type Command, type CommandContext } from "../cli/context.ts";
import { LocalError } from "../errors/local_error.ts";
import { instancePaths } from "../instance/paths.ts";
import { parseSince } from "../logs/log_lines.ts";
import { requireLogFile } from "../logs/open_log.ts";
import type { Selection } from "../logs/show/find_spans.ts";
import { followAll } from "../logs/show/follow_all.ts";
import { listLogs, type LogFile, logFile } from "../logs/show/log_files.ts";
import type { LogLine } from "../logs/show/merge_lines.ts";
import { type Position, readLogs } from "../logs/show/read_logs.ts";
import { lineRenderer } from "../logs/show/render_line.ts";
import { hasOwnTimes, SUPERVISOR, TEMPORAL } from "../logs/show/sources.ts";
import { didYouMean } from "../text/did_you_mean.ts";

const DEFAULT_LINES = 200;
/** How much is written at once, in characters. */
const BATCH_LENGTH = 64 * 1024;

/** Shows the logs of Temporal and of the processes beside it, or some of them, or the supervisor's; rotated ones included. */
export const logs: Command = async (context) => {
  const { invocation: { home, commandOptions, operands } } = context;
  const selection = selectionOf(context);
  const hasHome = checkHome(context);
  const chosen = chooseLogs(context);
  const existing = chosen.filter(({ path }) => hasHome && requireLogFile(path));
  if (existing.length === 0 && commandOptions["follow"] !== true) {
    await context.tell(`No log yet at ${chosen[0]!.path}`);
    return 0;
  }
  const isOne = commandOptions["supervisor"] === true || operands.length > 0 && chosen.length === 1;
  const sources = existing.map(({ source }) => source);
  const render = context.invocation.json
    ? await documentRenderer()
    : lineRenderer(context.paint, isOne ? null : sources);
  const { lines, positions } = readLogs(chosen, selection);
  const isRead = await print(context, render, lines);
  if (commandOptions["follow"] !== true || !isRead) return 0;
  const { logsDir } = instancePaths(home);
  const discover = isOne || operands.length > 0 ? undefined : () => listLogs(logsDir);
  await follow(context, render, positions, discover);
  return 0;
};

function selectionOf({ invocation: { commandOptions } }: CommandContext): Selection {
  const { since, lines } = commandOptions;
  const sinceMs = typeof since === "string" ? parseSince(since, Date.now()) : null;
  return { sinceMs, limit: typeof lines === "number" ? lines : sinceMs === null ? DEFAULT_LINES : Infinity };
}

/**
 * The logs that the operands name, else all that there are, and Temporal's.
 *
 * @throws {LocalError} `usage` for a name without a log
 */
function chooseLogs({ invocation: { home, commandOptions, operands } }: CommandContext): LogFile[] {
  const { logsDir } = instancePaths(home);
  if (commandOptions["supervisor"] === true) {
    if (operands.length === 0) return [logFile(logsDir, SUPERVISOR)];
    throw new LocalError("usage", "`--supervisor` shows one log, and takes no names", {
      hint: "Leave out one of the two",
    });
  }
  const temporal = logFile(logsDir, TEMPORAL);
  const all = [temporal, ...listLogs(logsDir).filter(({ source }) => source !== TEMPORAL)];
  if (operands.length === 0) return all;
  return [...new Set(operands)].map((name) => all.find(({ source }) => source === name) ?? unknownLog(name, all));
}

function unknownLog(name: string, all: readonly LogFile[]): never {
  const names = all.map(({ source }) => source);
  const near = name === SUPERVISOR ? "--supervisor" : didYouMean(name, names);
  throw new LocalError("usage", `No log of \`${name}\`: this instance has those of ${names.join(", ")}`, {
    hint: near === null ? "`stigmer-local logs` shows all" : `Did you mean \`stigmer-local logs ${near}\`?`,
    facts: { name, names, suggestion: near },
  });
}

/** How a line is printed with `--json`: as one document. A process's line has the time at which it was seen, at least. */
async function documentRenderer(): Promise<(line: LogLine) => string> {
  const { logDocument } = await import("../logs/log_document.ts");
  return ({ source, text, atMs }) => {
    const document = logDocument(text);
    const time = hasOwnTimes(source) ? document.time : new Date(atMs).toISOString();
    return JSON.stringify({ source, ...document, time });
  };
}

/** @returns false if the reader has exited */
async function print(
  { host }: CommandContext,
  render: (line: LogLine) => string,
  lines: Iterable<LogLine>,
): Promise<boolean> {
  let batch = "";
  for (const line of lines) {
    batch += `${render(line)}\n`;
    if (batch.length < BATCH_LENGTH) continue;
    if (!await host.write("stdout", batch)) return false;
    batch = "";
  }
  return await host.write("stdout", batch);
}

async function follow(
  context: CommandContext,
  render: (line: LogLine) => string,
  positions: readonly Position[],
  discover: (() => LogFile[]) | undefined,
): Promise<void> {
  const end = new AbortController();
  context.host.onSignal(["SIGINT", "SIGTERM"], () => end.abort());
  const { watchReader } = await import("../platform/runtime/reader_gone.ts");
  watchReader(() => end.abort(), end.signal);
  try {
    for await (const lines of followAll(positions, end.signal, discover)) {
      if (!await print(context, render, lines)) return;
    }
  } finally {
    end.abort(); // ends the watch, too
  }
}
