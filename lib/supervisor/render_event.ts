import { isFailure } from "../errors/failure.ts";
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
  changed: (event) => `Files of ${nameOf(event)} changed: ${changed(event)}`,
  launched: (event) => `Launched ${nameOf(event)} (pid ${event["pid"]})`,
  // Written twice: as what was found, and as the process that is supervised from now on.
  adopted: (event) =>
    event["proof"] === undefined ? `Adopted the running ${nameOf(event)} (pid ${event["pid"]})` : null,
  replaced: (event) => `Replacing the running ${nameOf(event)} (pid ${event["pgid"]})`,
  running: (event, paint) =>
    paint.green(`${nameOf(event)} ${event["from"] === "unhealthy" ? "responds again" : "is ready"}`),
  "health check failed": (event, paint) =>
    paint.yellow(
      `Health check${event["process"] === undefined ? "" : ` of ${nameOf(event)}`} failed: ${event["problem"]}`,
    ),
  unhealthy: () => null,
  exited: (event, paint) =>
    event["reason"] === "stopped" ? null : paint.red(
      `${nameOf(event)} (pid ${event["pid"]}) ${event["reason"]} (${event["signal"] ?? `code ${event["code"]}`})`,
    ),
  backoff: (event) => `Restarting ${nameOf(event)} (restart ${event["restarts"]})`,
  stopping: (event) => `Stopping ${nameOf(event)} ${event["on"] === "restart" ? "for a restart" : "gracefully"}`,
  ended: (event, paint) =>
    event["forced"] === true && Number(event["graceMs"]) > 0
      ? paint.yellow(
        `${nameOf(event)} (pid ${event["pid"]}) did not exit within ${
          Number(event["graceMs"]) / 1000
        } s and was killed`,
      )
      : null,
  stopped: (event) => `${nameOf(event)} stopped`,
  failed: ({ process, failure }, paint) => process === undefined ? null : paint.red(messageOf(failure)),
  superseded: (_event, paint) => paint.yellow("Another supervisor has taken over this instance"),
  warning: ({ message }, paint) => paint.yellow(`Warning: ${message}`),
  "supervisor leaves": () => null,
};

/** What the event is about: a process beside Temporal, else Temporal. */
function nameOf({ process }: LogEvent): string {
  return typeof process === "string" ? process : "Temporal";
}

function changed({ paths, count }: LogEvent): string {
  const named = Array.isArray(paths) ? paths.map(String) : [];
  const rest = Number(count) - named.length;
  return named.join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

function messageOf(failure: unknown): string {
  return isFailure(failure) ? failure.message : "failed";
}

function withFacts({ at: _at, event, ...facts }: LogEvent): string {
  const words = Object.entries(facts).map(([name, value]) =>
    `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`
  );
  return [event.charAt(0).toUpperCase() + event.slice(1), ...words].join(" ");
}
