import type { CommandContext } from "../cli/context.ts";
import { LocalError } from "../errors/local_error.ts";
import { type InstallNews, isLasting, newsMark, renderInstallProgress } from "./render_install.ts";

/**
 * Runs an install and shows how far it is: a line that is drawn over again on a terminal, a line now and then elsewhere.
 * Ctrl-C ends it and leaves nothing behind.
 *
 * @throws {LocalError} what `install` throws; `interrupted`
 */
export async function showInstall<Result>(
  context: CommandContext,
  version: string,
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
    const line = renderInstallProgress(version, news, isLive);
    if (!isLive) {
      if (isNew) void context.tell(line);
    } else if (!isLasting(news)) void host.write("stderr", `\r\x1b[K${line.slice(0, (host.columns() || 80) - 1)}`); // no wrap
    else if (isNew) void host.write("stderr", `\r\x1b[K${line}\n`);
  };
  try {
    return await install({ signal: interrupt.signal, onProgress });
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    throw new LocalError("interrupted", "Interrupted while Temporal was installed; nothing is left behind", {
      hint: "The same command begins again; what Go built so far is in its cache",
      exitCode: interrupt.signal.reason === "SIGTERM" ? 143 : 130,
    });
  } finally {
    stopListening();
    if (isLive) await host.write("stderr", "\r\x1b[K");
  }
}
