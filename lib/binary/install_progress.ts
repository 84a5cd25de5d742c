import type { CommandContext } from "../cli/context.ts";
import { LocalError } from "../errors/local_error.ts";
import { type InstallNews, isLasting, newsMark, renderInstallProgress } from "./render_install.ts";

/**
 * Runs an install and shows its progress: one line that is redrawn on a terminal, occasional lines elsewhere. Ctrl-C
 * cancels it and removes its temporary files.
 *
 * @throws {LocalError} the errors of `install`; `interrupted`
 */
export async function showInstall<Result>(
  context: CommandContext,
  install: (options: { signal: AbortSignal; onProgress: (news: InstallNews) => void }) => Promise<Result>,
): Promise<Result> {
  const { host, invocation: { quiet, json } } = context;
  const isLive = host.isTerminal("stderr") && !quiet && !json;
  const interrupt = new AbortController();
  const stopListening = host.onSignal(["SIGINT", "SIGTERM"], (signal) => interrupt.abort(signal));
  let lastMark = "";
  const onProgress = (news: InstallNews) => {
    const mark = newsMark(news);
    const isNew = mark !== lastMark;
    lastMark = mark;
    const line = renderInstallProgress(news, isLive);
    if (!isLive) {
      if (isNew) void context.tell(line);
    } else if (!isLasting(news)) void host.write("stderr", `\r\x1b[K${line.slice(0, (host.columns() || 80) - 1)}`); // no wrap
    else if (isNew) void host.write("stderr", `\r\x1b[K${line}\n`);
  };
  try {
    return await install({ signal: interrupt.signal, onProgress });
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    throw new LocalError("interrupted", "Interrupted while installing Temporal; temporary files were removed", {
      hint: "Run the same command to start over; packages that Go has built are in its cache",
      exitCode: interrupt.signal.reason === "SIGTERM" ? 143 : 130,
    });
  } finally {
    stopListening();
    if (isLive) await host.write("stderr", "\r\x1b[K");
  }
}
