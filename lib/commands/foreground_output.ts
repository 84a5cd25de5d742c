import { type CommandContext, paintOf } from "../cli/context.ts";
import { withLiveLine } from "../cli/progress_line.ts";
import { askSupervisor, statusOrThrow } from "../control/client.ts";
import type { Failure } from "../errors/failure.ts";
import type { Instance } from "../instance/context.ts";
import type { LogEvent } from "../instance/event_log.ts";
import { renderCard } from "../instance/status/render_status.ts";
import { paintLine } from "../logs/paint_line.ts";
import { endOf, followAll } from "../logs/show/follow_all.ts";
import { listLogs, logFile } from "../logs/show/log_files.ts";
import { SourceLabels } from "../logs/show/source_labels.ts";
import { SUPERVISOR, TEMPORAL } from "../logs/show/sources.ts";
import { isLeaving } from "../process/states.ts";
import { renderEvent } from "../supervisor/render_event.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";

/** Events that the card reports too. */
const SAID_BY_CARD = ["launched", "adopted", "running"];

/**
 * Shows a supervisor in this process to a person: a live line until Temporal is ready, its card, then the logs of Temporal
 * and of the processes beside it, and the supervisor's events, as they come. Resolves with the result of `supervise` once all of it is written.
 *
 * @param supervise Runs the supervisor; calls its argument when the supervisor begins.
 */
export async function showSupervisor(
  context: CommandContext,
  { log, paths }: Instance,
  supervise: (onBegin: (supervisor: Supervisor) => void) => Promise<Failure | null>,
): Promise<Failure | null> {
  const { host } = context;
  const paint = paintOf(host, "stderr");
  let written: Promise<unknown> = Promise.resolve();
  // In order, and without an error where the terminal is gone.
  const inOrder = (write: () => Promise<unknown>) => written = written.then(write).catch(() => {});
  const labels = new SourceLabels(paint);
  const print = (lines: readonly { source: string; text: string }[]) =>
    inOrder(() => host.write("stderr", lines.map(({ source, text }) => `${labels.label(source)}${text}\n`).join("")));
  const printEvent = (event: LogEvent) => {
    const text = renderEvent(event, paint);
    if (text !== null) {
      print([{ source: SUPERVISOR, text: `${new Date(event.at).toTimeString().slice(0, 8)} ${text}` }]);
    }
  };

  const early: LogEvent[] = [];
  let isUp = false;
  let stopped: LogEvent | null = null;
  log.subscribe((event) => {
    const isEnd = event.event === "stopped" && event["process"] === undefined;
    if (isEnd) stopped = event; // said last, after what was written until then
    else if (isUp) printEvent(event);
    else early.push(event);
  });
  const listed = () => listLogs(paths.logsDir);
  const known = [logFile(paths.logsDir, TEMPORAL), ...listed().filter(({ source }) => source !== TEMPORAL)].map(endOf);
  const over = new AbortController();
  let begin: (supervisor: Supervisor) => void = () => {};
  const begun = new Promise<Supervisor>((resolve) => begin = resolve);
  const supervised = supervise(begin).finally(() => over.abort());

  const isReady = await withLiveLine(context, async () => {
    const settled = begun.then((supervisor) =>
      supervisor.until(({ state }) => state.kind === "running" ? true : isLeaving(state) ? false : null)
    );
    return await Promise.race([settled, supervised.then(() => false, () => false)]);
  });
  isUp = true;
  for (const event of early) if (!isReady || !SAID_BY_CARD.includes(event.event)) printEvent(event);
  if (isReady) {
    const answer = await askSupervisor(host, paths.home, "GET", "/status");
    if (answer.kind === "answer") {
      const card = renderCard(statusOrThrow(answer.response), context.paint);
      inOrder(() => host.write("stdout", card));
      inOrder(() => host.write("stderr", "Press Ctrl-C to stop Temporal; its data is kept\n"));
    }
  }
  for await (const lines of followAll(known, over.signal, listed)) {
    print(lines.map(({ source, text }) => ({ source, text: paintLine(text, paint) })));
  }
  if (stopped !== null) printEvent(stopped);
  await written;
  return await supervised;
}
