import { type CommandContext, timeoutMsOf } from "../cli/context.ts";
import { renderStatusLine } from "../instance/status/render_status.ts";
import { type Status, statusExitCode } from "../instance/status/status.ts";
import { delay } from "../platform/runtime/delay.ts";

const WATCH_INTERVAL_MS = 1000;

/**
 * Prints the status that `look` returns every second, until a signal, the end of `--timeout`, or that of the reader. A
 * terminal shows the live view; with `--json` each is one line; anything else gets a line for each change.
 *
 * @returns the exit code of `status` for the last one
 */
export async function watchStatus(context: CommandContext, look: () => Promise<Status>): Promise<number> {
  const { host, invocation: { json }, typed, paint } = context;
  const timeoutMs = timeoutMsOf(context, Infinity);
  if (!json && host.isTerminal("stdout") && host.env["TERM"] !== "dumb") {
    return await (await import("./live_view/live_view.ts")).liveView(context, look, timeoutMs);
  }
  const over = new AbortController();
  host.onSignal(["SIGINT", "SIGTERM"], () => over.abort());
  const endsAt = performance.now() + timeoutMs;
  let lastLine = "";
  const render = (seen: Status): string => {
    if (json) return `${JSON.stringify(typed.inValue(seen))}\n`;
    const line = typed.inText(renderStatusLine(seen, paint));
    if (line === lastLine) return "";
    lastLine = line;
    return `${new Date().toISOString()} ${line}\n`;
  };
  for (;;) {
    const seen = await look();
    const isRead = await host.write("stdout", render(seen));
    const remainingMs = endsAt - performance.now();
    if (isRead && remainingMs > 0) await delay(Math.min(WATCH_INTERVAL_MS, remainingMs), over.signal).catch(() => {});
    if (!isRead || over.signal.aborted || performance.now() >= endsAt) return statusExitCode(seen);
  }
}
