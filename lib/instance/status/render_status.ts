import type { Paint } from "../../text/paint.ts";
import { formatSpan } from "../../text/span.ts";
import { wrapAfter } from "../../text/wrap.ts";
import { type Exit, stateInWords, type Status } from "./status.ts";

/** A row of a status card, which is left out if its value is null. */
export type StatusRow = [name: string, value: string | null];

/** The short card that `start` prints. */
export function renderCard(status: Status, paint: Paint): string {
  const { temporal, supervisor } = status;
  if (!status.managed) {
    const { namespace, external } = status;
    const text = `Temporal ${external?.serverVersion ?? ""} is serving and has the namespace ${namespace}`;
    return `${paint.green("●")} ${paint.bold(text.replace("  ", " "))}\n${renderRows(externalRows(status), paint)}`;
  }
  const headline = status.state !== "running"
    ? stateInWords(status.state)
    : status.reused === true
    ? `Temporal is already running (reused${temporal?.adopted ? ", adopted" : ""})`
    : "Temporal is running";
  const bySupervisor = supervisor === null ? "" : ` (supervisor ${supervisor.pid}, ${supervisor.runtime})`;
  const rows: StatusRow[] = [
    ["Address", status.address],
    ["UI", status.uiUrl],
    ["Namespace", status.namespace],
    ["PID", temporal === null ? null : `${temporal.pid}${bySupervisor}`],
    ["Log", status.paths.log],
    ["Data", status.paths.database ?? "in memory"],
    ["Project", status.paths.project ?? null],
  ];
  return `${paint.green("●")} ${paint.bold(headline)}\n${renderRows(rows, paint)}`;
}

/** The status in one line, for a log: the state, and why it is not a healthy one. */
export function renderStatusLine(status: Status, paint: Paint): string {
  const { temporal, failure, address } = status;
  const where = status.managed ? temporal === null ? "" : ` (pid ${temporal.pid}, ${address})` : ` (${address})`;
  const broken = status.checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`);
  const why = failure === undefined ? broken.join(", ") : failure.message;
  const isFine = (status.state === "running" && status.healthy) || status.state === "stopped";
  return `${headline(status, paint)}${where}${isFine || why === "" ? "" : `: ${why}`}`;
}

/**
 * The table of `status`: what is running, then each check. Texts longer than `columns` wrap.
 *
 * @param processLines The lines of the processes beside Temporal.
 */
export function renderStatus(
  status: Status,
  nowMs: number,
  paint: Paint,
  columns = Infinity,
  processLines: readonly string[] = [],
): string {
  const { temporal, lastExit, failure } = status;
  const lines = [headline(status, paint)];
  const rows: StatusRow[] = !status.managed ? externalRows(status) : [
    ...(temporal === null ? [] : rowsOfTemporal(status, temporal, nowMs)),
    ["Project", status.paths.project ?? null],
    ["Home", status.paths.home],
    ["Data", status.paths.database ?? "in memory"],
    ["Log", temporal === null ? null : status.paths.log],
  ];
  if (lastExit !== null) rows.push(["Last exit", exitInWords(lastExit, nowMs)]);
  lines.push(renderRows(rows, paint).trimEnd());
  if (status.checks.length > 0) {
    lines.push("");
    for (const { name, ok, ms, detail } of status.checks) {
      const rest = ` ${name.padEnd(10)} ${`${ms.toFixed(1)} ms`.padStart(9)}  `;
      lines.push(...labelled(ok ? "✓" : "✗", ok ? paint.green : paint.red, rest, detail, columns));
    }
  }
  if (processLines.length > 0) lines.push("", ...processLines);
  if (failure !== undefined) {
    lines.push("", ...labelled("why", paint.red, "   ", failure.message, columns));
    if (failure.hint !== undefined) lines.push(...labelled("hint", paint.dim, "  ", failure.hint, columns));
  }
  return lines.join("\n") + "\n";
}

function rowsOfTemporal(
  { address, uiUrl, namespace, supervisor, restarts }: Status,
  { pid, startedAt, adopted, version, binary }: NonNullable<Status["temporal"]>,
  nowMs: number,
): StatusRow[] {
  return [
    ["Address", address],
    ["UI", uiUrl ?? "none (headless)"],
    ["Namespace", namespace],
    ["PID", `${pid}, up ${formatSpan(nowMs - Date.parse(startedAt))}${adopted ? ", adopted" : ""}`],
    ["Version", version ?? "unknown"],
    ["Binary", binary],
    ["Supervisor", supervisorInWords(supervisor)],
    ["Restarts", restarts === 0 ? null : String(restarts)],
  ];
}

/** The rows of the status card of an external Temporal. */
export function externalRows({ address, namespace, external, paths }: Status): StatusRow[] {
  if (external === undefined) return [];
  const { tls, clientCertificate, apiKey, from, serverVersion } = external;
  const credentials = [...(clientCertificate ? ["client certificate"] : []), ...(apiKey ? ["API key"] : [])];
  return [
    ["Address", `${address} (${from["address"]})`],
    ["Namespace", namespace],
    ["TLS", `${tls ? "yes" : "no"}${credentials.length === 0 ? "" : `, with ${credentials.join(" and ")}`}`],
    ["Server", serverVersion === null ? null : `Temporal ${serverVersion}`],
    ["Project", paths.project ?? null],
    ["Managed", "no (external; stigmer-local does not start or stop it)"],
  ];
}

/** `pid 4700, node 20.20.2`. */
export function supervisorInWords(supervisor: Status["supervisor"]): string {
  return supervisor === null ? "none" : `pid ${supervisor.pid}, ${supervisor.runtime} ${supervisor.version}`;
}

/** `text` in lines behind a coloured label and `space`, all of them indented. */
function labelled(
  label: string,
  colour: (text: string) => string,
  space: string,
  text: string,
  columns: number,
): string[] {
  const [first = "", ...rest] = wrapAfter(`  ${label}${space}`, text, columns);
  return [first.replace(label, colour), ...rest];
}

/** `crashed, SIGKILL, 12 s ago`. */
export function exitInWords({ reason, signal, code, at }: Exit, nowMs: number): string {
  return `${reason}, ${signal ?? `code ${code ?? "unknown"}`}, ${formatSpan(nowMs - Date.parse(at))} ago`;
}

/** The colour of a state: green if all is well, dim if nothing runs, red if it is broken, else yellow. */
export function stateColour(
  { state, healthy }: { state: string; healthy: boolean },
  paint: Paint,
): (text: string) => string {
  if (state === "running" && healthy) return paint.green;
  if (state === "stopped") return paint.dim;
  return state === "failed" || state === "unknown" ? paint.red : paint.yellow;
}

/** The state of Temporal behind its mark: `● Temporal is running, healthy`. */
export function headline(status: Status, paint: Paint): string {
  const mark = stateColour(status, paint)(status.state === "stopped" ? "○" : "●");
  const isHealthKnown = status.state !== "unhealthy" &&
    (status.managed ? status.temporal !== null : status.state !== "unknown");
  const unready = status.checks.every(({ ok }) => ok) ? unreadyProcesses(status) : "";
  const health = !isHealthKnown ? "" : status.healthy ? ", healthy" : unready === "" ? ", not healthy" : `, ${unready}`;
  return `${mark} ${paint.bold(stateInWords(status.state) + health)}`;
}

/** At most so many processes are named in a line. */
const NAMED_PROCESSES = 3;

/** Which processes beside Temporal keep the instance from being healthy: `worker and api are not ready`. */
function unreadyProcesses({ processes = [] }: Status): string {
  const names = processes.filter(({ state }) => state !== "running" && state !== "stopped").map(({ name }) => name);
  const named = names.length > NAMED_PROCESSES
    ? [...names.slice(0, NAMED_PROCESSES - 1), `${names.length - NAMED_PROCESSES + 1} others`]
    : names;
  const last = named.pop();
  if (last === undefined) return "";
  return named.length === 0 ? `${last} is not ready` : `${named.join(", ")} and ${last} are not ready`;
}

function renderRows(rows: readonly StatusRow[], paint: Paint): string {
  return rows.flatMap(([name, value]) => value === null ? [] : [`  ${paint.dim(name.padEnd(10))} ${value}\n`]).join("");
}
