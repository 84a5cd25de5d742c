import type { LogEvent } from "../instance/event_log.ts";
import type { Paint } from "../text/paint.ts";

/**
 * An event of the supervisor as a sentence; null for one that repeats another, or that the error at the end of the command
 * explains. An event that is not known here is shown with its facts.
 */
export function renderEvent(event: LogEvent, paint: Paint): string | null {
  const render = Object.hasOwn(SENTENCES, event.event) ? SENTENCES[event.event] : undefined;
  return render === undefined ? withFacts(event) : render(event, paint);
}

const SENTENCES: Readonly<Record<string, (event: LogEvent, paint: Paint) => string | null>> = {
  starting: () => null,
  launched: ({ pid }) => `Launched Temporal (pid ${pid})`,
  // Written twice: as what was found, and as the process that is supervised from now on.
  adopted: ({ pid, proof }) => proof === undefined ? `Adopted the running Temporal (pid ${pid})` : null,
  replaced: ({ pgid }) => `Replacing the running Temporal (pid ${pgid})`,
  running: ({ from }, paint) => paint.green(from === "unhealthy" ? "Temporal responds again" : "Temporal is ready"),
  "health check failed": ({ problem }, paint) => paint.yellow(`Health check failed: ${problem}`),
  unhealthy: () => null,
  exited: ({ pid, code, signal, reason }, paint) =>
    reason === "stopped" ? null : paint.red(`Temporal (pid ${pid}) ${reason} (${signal ?? `code ${code}`})`),
  backoff: ({ restarts }) => `Restarting Temporal (restart ${restarts})`,
  stopping: ({ on }) => on === "restart" ? "Stopping Temporal for a restart" : "Stopping Temporal gracefully",
  ended: ({ pid, forced, graceMs }, paint) =>
    forced === true && Number(graceMs) > 0
      ? paint.yellow(`Temporal (pid ${pid}) did not exit within ${Number(graceMs) / 1000} s and was killed`)
      : null,
  stopped: () => "Temporal stopped",
  failed: () => null,
  superseded: (_event, paint) => paint.yellow("Another supervisor has taken over this instance"),
  warning: ({ message }, paint) => paint.yellow(`Warning: ${message}`),
  "supervisor leaves": () => null,
};

function withFacts({ at: _at, event, ...facts }: LogEvent): string {
  const words = Object.entries(facts).map(([name, value]) =>
    `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`
  );
  return [event.charAt(0).toUpperCase() + event.slice(1), ...words].join(" ");
}
