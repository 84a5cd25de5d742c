import { type Row, selectedRow, type View, type Work } from "./view.ts";

/** A key, by what it does; `other` is any that does nothing. */
export type Key = "up" | "down" | "restart" | "stop" | "log" | "quit" | "interrupt" | "suspend" | "other";

/** What a key asks for beyond another view. `suspend`: Ctrl-Z; `return`: from a log to the table. */
export type Action =
  | { kind: "quit" }
  | { kind: "suspend" }
  | { kind: "return" }
  | { kind: Work | "follow"; row: Row };

const KEYS: Readonly<Record<string, Key>> = {
  ...{ k: "up", "\x1b[A": "up", "\x1bOA": "up" },
  ...{ j: "down", "\x1b[B": "down", "\x1bOB": "down" },
  ...{ r: "restart", s: "stop", l: "log", q: "quit", "\x03": "interrupt", "\x1a": "suspend" },
};

// deno-lint-ignore no-control-regex -- keys beyond the letters are escape sequences (ECMA-48 and xterm's SS3)
const SEQUENCE = /\x1b\[[0-?]*[ -/]*[@-~]|\x1bO.|[^]/gu;

/** The keys in what a terminal sends. */
export function keysIn(typed: string): Key[] {
  return (typed.match(SEQUENCE) ?? []).map((sequence) => KEYS[sequence] ?? "other");
}

/** The view after a key, and what is to be done. */
export function press(view: View, key: Key): { view: View; action: Action | null } {
  if (key === "interrupt") return { view, action: { kind: "quit" } };
  if (key === "suspend") return { view, action: { kind: "suspend" } };
  if (view.followed !== null) return { view: { ...view, followed: null }, action: { kind: "return" } };
  const row = selectedRow(view);
  const calm = { ...view, note: null };
  switch (key) {
    case "up":
    case "down":
      return { view: { ...calm, selected: neighbour(view, row, key === "up" ? -1 : 1).process }, action: null };
    case "restart":
      return work(calm, row, "restart");
    case "stop":
      return work(calm, row, row.state === "stopped" || row.state === "failed" ? "start" : "stop");
    case "log":
      if (row.log === null) return refuse(calm, `The log of ${row.name} is not on this machine`);
      return { view: { ...calm, followed: { row, lines: [] } }, action: { kind: "follow", row } };
    case "quit":
      return { view, action: { kind: "quit" } };
    case "other":
      return { view, action: null };
  }
}

function neighbour({ rows }: View, row: Row, step: number): Row {
  return rows[rows.indexOf(row) + step] ?? row;
}

const IN_PROGRESS: Readonly<Record<Work, string>> = { start: "starting", stop: "stopping", restart: "restarting" };

function work(view: View, row: Row, kind: Work): { view: View; action: Action | null } {
  const current = view.work.get(row.process);
  if (current !== undefined) return refuse(view, `The supervisor is still ${IN_PROGRESS[current]} ${row.name}`);
  const why = refusal(view, row, kind);
  if (why !== null) return refuse(view, why);
  const note = { text: `${capitalized(IN_PROGRESS[kind])} ${row.name} …`, isError: false };
  return { view: { ...view, note }, action: { kind, row } };
}

/** Why a key does nothing, and what does. */
function refusal({ status }: View, row: Row, kind: Work): string | null {
  if (!status.managed) return "stigmer-local does not start or stop an external Temporal";
  const isUp = status.state !== "stopped" && status.state !== "failed";
  if (row.process === null && kind === "stop") return "`stigmer-local stop` stops Temporal";
  if (status.supervisor !== null && (row.process !== null || isUp)) return null;
  return isUp
    ? "No supervisor is running: `stigmer-local start` starts one, and leaves Temporal running"
    : "`stigmer-local start` starts Temporal";
}

function refuse(view: View, text: string): { view: View; action: null } {
  return { view: { ...view, note: { text, isError: false } }, action: null };
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
