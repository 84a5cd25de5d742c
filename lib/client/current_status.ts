import { checkHome, type CommandContext, tellWarnings } from "../cli/context.ts";
import { portCandidate, withPorts } from "../config/auto_ports.ts";
import { completeSettings } from "../config/settings.ts";
import { askSupervisor, readStatus } from "../control/client.ts";
import { instancePaths } from "../instance/paths.ts";
import { renderStatus } from "../instance/status/render_status.ts";
import { seenFromHere } from "../instance/status/reachability.ts";
import { type Status, statusExitCode } from "../instance/status/status.ts";
import { statusFrame } from "../instance/status/status_frame.ts";
import { delay } from "../platform/runtime/delay.ts";

const WATCH_INTERVAL_MS = 1000;

/** Prints the status that `look` returns; every second with `--watch`. */
export async function showStatus(context: CommandContext, look: () => Promise<Status>): Promise<number> {
  if (context.invocation.commandOptions["watch"] === true) return await watch(context, look);
  const seen = await look();
  await tellWarnings(context, seen);
  await context.answer(seen, () => renderStatus(seen, Date.now(), context.paint));
  return statusExitCode(seen);
}

/** The status reported by the supervisor, or found without one if none responds. Has no side effects. */
export async function currentStatus(context: CommandContext): Promise<Status> {
  const { host, invocation: { home, requested } } = context;
  if (!checkHome(context)) return withoutHome(context);
  for (let tries = 0;; tries++) {
    // Checks of a hung Temporal take up to a second each, and the supervisor waits for them.
    const answer = await askSupervisor(host, home, "GET", "/status", { timeoutMs: 2500 });
    if (answer.kind === "answer" && answer.response.status === 200) {
      return await seenFromHere(host, readStatus(answer.response));
    }
    const seen = await (await import("../instance/status/offline_status.ts")).offlineStatus(host, home, requested);
    // A supervisor may have started since it was asked.
    if (seen.state !== "unsupervised" || tries > 0 || answer.kind === "silent") return seen;
  }
}

function withoutHome({ invocation: { home, requested } }: CommandContext): Status {
  const paths = instancePaths(home);
  const settings = completeSettings(withPorts(requested, portCandidate(home, 0)), paths.defaultDatabase);
  return {
    ...statusFrame("stopped", settings, paths),
    healthy: false,
    temporal: null,
    supervisor: null,
    restarts: 0,
    lastExit: null,
    checks: [],
  };
}

async function watch(context: CommandContext, look: () => Promise<Status>): Promise<number> {
  const { host, invocation, typed } = context;
  let isOver = false;
  let wake = () => {};
  host.onSignal(["SIGINT", "SIGTERM"], () => {
    isOver = true;
    wake();
  });
  const clear = !invocation.json && host.isTerminal("stdout") ? "\x1b[H\x1b[2J" : "";
  for (;;) {
    const seen = await look();
    const text = invocation.json
      ? JSON.stringify(typed.inValue(seen)) + "\n"
      : clear + typed.inText(renderStatus(seen, Date.now(), context.paint));
    const isRead = await host.write("stdout", text);
    if (isOver || !isRead) return statusExitCode(seen);
    await Promise.race([delay(WATCH_INTERVAL_MS), new Promise<void>((resolve) => wake = resolve)]);
    if (isOver) return statusExitCode(seen);
  }
}
