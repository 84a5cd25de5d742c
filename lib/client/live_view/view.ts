import type { ProcessStatus, Status } from "../../instance/status/status.ts";

/** What a process group uses, as the table shows it. */
export interface ShownUsage {
  memoryBytes: number;
  /** The share of one processor since the last look; null at the first one. */
  cpu: number | null;
}

/** A line of the table: Temporal, or a process beside it. */
export interface Row {
  /** The name of the process; null = Temporal. */
  process: string | null;
  name: string;
  state: string;
  /** Also its process group. */
  pid: number | null;
  /** Unix ms; null while it is not running. */
  startedAtMs: number | null;
  restarts: number;
  usage: ShownUsage | null;
  /** When it polled the task queue that it has neglected longest, Unix ms; `never`: one of them not at all; null: polls none. */
  lastPoll: number | "never" | null;
  /** What it waits for, or what is wrong with it. */
  detail: string | null;
  /** The path of its log; null if it has none. */
  log: string | null;
}

/** A message above the keys. May name a command. */
export interface Note {
  text: string;
  isError: boolean;
}

/** What is being done to a row. */
export type Work = "start" | "stop" | "restart";

/** All that the live view shows. */
export interface View {
  status: Status;
  rows: readonly Row[];
  /** The selected row, by its `process`. */
  selected: string | null;
  /** The rows that are being worked on. */
  work: ReadonlyMap<string | null, Work>;
  note: Note | null;
  /** The log that is shown instead of the table: its last lines. */
  followed: { row: Row; lines: readonly string[] } | null;
}

/** The most lines of a log that the view keeps, more than a terminal shows. */
const MAX_LINES = 500;

/** The first view. */
export function viewOf(status: Status): View {
  const rows = rowsOf(status, new Map());
  return { status, rows, selected: null, work: new Map(), note: null, followed: null };
}

/** The view after a look. Selects Temporal if the selected process is gone. */
export function withStatus(view: View, status: Status, usage: ReadonlyMap<number, ShownUsage>): View {
  const rows = rowsOf(status, usage);
  return { ...view, status, rows, selected: rows.some(isSelected(view)) ? view.selected : null };
}

/** The view while `work` is done to a row, and with null after it. */
export function withWork(view: View, process: string | null, work: Work | null): View {
  const all = new Map(view.work);
  if (work === null) all.delete(process);
  else all.set(process, work);
  return { ...view, work: all };
}

/** The view with more lines of the log that is followed. */
export function withLines(view: View, lines: readonly string[]): View {
  const { followed } = view;
  if (followed === null) return view;
  return { ...view, followed: { ...followed, lines: [...followed.lines, ...lines].slice(-MAX_LINES) } };
}

/** Whether a row is the selected one. */
export function isSelected({ selected }: Pick<View, "selected">): (row: Row) => boolean {
  return ({ process }) => process === selected;
}

/** The selected row. */
export function selectedRow(view: View): Row {
  return view.rows.find(isSelected(view)) ?? view.rows[0]!;
}

/** The table of a status: Temporal, then the processes. `usage` is by process group. */
export function rowsOf(status: Status, usage: ReadonlyMap<number, ShownUsage>): Row[] {
  const { temporal, checks, failure } = status;
  const isLeaving = status.state === "stopping" || status.state === "stopped"; // then checks fail as they should
  const broken = isLeaving ? [] : checks.filter(({ ok }) => !ok);
  const first: Row = {
    process: null,
    name: "temporal",
    state: status.state,
    pid: temporal?.pid ?? null,
    startedAtMs: temporal === null ? null : Date.parse(temporal.startedAt),
    restarts: status.restarts,
    usage: temporal === null ? null : usage.get(temporal.pgid) ?? null,
    lastPoll: null,
    detail: failure?.message ?? (broken.map(({ name, detail }) => `${name}: ${detail}`).join(", ") || null),
    log: status.paths.log,
  };
  return [first, ...(status.processes ?? []).map((each) => rowOf(each, usage))];
}

function rowOf(each: ProcessStatus, usage: ReadonlyMap<number, ShownUsage>): Row {
  const { name, state, pid, startedAt, restarts, failure, detail, log } = each;
  return {
    process: name,
    name,
    state,
    pid,
    startedAtMs: startedAt === null ? null : Date.parse(startedAt),
    restarts,
    usage: pid === null ? null : usage.get(pid) ?? null,
    lastPoll: lastPollOf(each),
    detail: failure?.message ?? detail,
    log,
  };
}

/** A queue counts as polled when the worker polls it for workflows or for activities: many do only one of the two. */
function lastPollOf({ taskQueues = [] }: ProcessStatus): Row["lastPoll"] {
  if (taskQueues.length === 0) return null;
  const polls = taskQueues.map(({ workflow, activity }) =>
    [workflow, activity].filter((at) => at !== null).map((at) => Date.parse(at))
  );
  return polls.some((each) => each.length === 0) ? "never" : Math.min(...polls.map((each) => Math.max(...each)));
}
