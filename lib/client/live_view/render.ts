import {
  exitInWords,
  externalRows,
  headline,
  type StatusRow,
  supervisorInWords,
} from "../../instance/status/render_status.ts";
import type { PolledTaskQueue, Status } from "../../instance/status/status.ts";
import { levelPaint } from "../../logs/paint_line.ts";
import type { Paint } from "../../text/paint.ts";
import { plainLine, printableLine } from "../../text/printable.ts";
import { formatSpan } from "../../text/span.ts";
import { wrapAfter } from "../../text/wrap.ts";
import { renderTable } from "./table.ts";
import { isSelected, type Note, type Row, selectedRow, type View } from "./view.ts";

/** Where a view is drawn. */
export interface Canvas {
  columns: number;
  rows: number;
  nowMs: number;
  paint: Paint;
  /** Whether keys can be pressed: they are shown. */
  hasKeys: boolean;
}

/** The fewest processes that are shown, however small the terminal is. */
const MIN_ROWS = 3;
/** A message may be a whole sentence with a command in it. */
const MAX_NOTE_LINES = 4;

/** The view as at most `canvas.rows` lines: the table above the keys, or the log that is followed. */
export function renderView(view: View, canvas: Canvas): string[] {
  if (view.followed !== null) return renderLog(view.followed, canvas);
  const foot = renderFoot(view, canvas);
  const height = Math.max(0, canvas.rows - foot.length);
  const head = renderTop(view, canvas, height).slice(0, height);
  const space = Array.from({ length: height - head.length }, () => "");
  return [...head, ...space, ...foot].slice(-canvas.rows);
}

/** The view without keys and selection, in full: what stays on the terminal when it ends. */
export function renderLast(view: View, canvas: Canvas): string[] {
  return renderTop({ ...view, selected: null }, { ...canvas, hasKeys: false }, Infinity);
}

/** State, addresses, table, and what is to be said about the selected row; of these the first ones, if all is too much. */
function renderTop(view: View, canvas: Canvas, height: number): string[] {
  const { paint, hasKeys } = canvas;
  const [titles, ...rows] = renderTable(view.rows, hasKeys ? isSelected(view) : () => false, canvas);
  const details = renderDetails(view, canvas);
  const card = renderCard(view.status, canvas);
  const left = Math.max(MIN_ROWS, height - 3); // the state, an empty line, the titles
  const tableHeight = Math.min(rows.length, Math.max(MIN_ROWS, left - details.length - 1));
  const detailHeight = Math.min(details.length, Math.max(0, left - tableHeight - 1));
  const cardHeight = Math.min(card.length, Math.max(0, left - tableHeight - (detailHeight > 0 ? detailHeight + 1 : 0)));
  return [
    headline(view.status, paint),
    ...card.slice(0, cardHeight),
    "",
    titles!,
    ...visible(rows, view.rows.indexOf(selectedRow(view)), tableHeight, paint),
    ...(detailHeight > 0 ? ["", ...details.slice(0, detailHeight)] : []),
  ];
}

/** The `height` rows around the selected one; the last line says which of how many, unless all fit. */
function visible(rows: readonly string[], selected: number, height: number, paint: Paint): string[] {
  if (rows.length <= height) return [...rows];
  const shown = height - 1;
  const first = Math.min(Math.max(0, selected - Math.floor(shown / 2)), rows.length - shown);
  return [...rows.slice(first, first + shown), paint.dim(`  ${first + 1} to ${first + shown} of ${rows.length}`)];
}

function renderCard(status: Status, { columns, paint }: Canvas): string[] {
  const { temporal, supervisor, uiUrl, namespaces = [status.namespace] } = status;
  const rows: StatusRow[] = !status.managed ? externalRows(status) : [
    ["Address", status.address],
    ["UI", temporal === null ? null : uiUrl ?? "none (headless)"],
    ["Namespace", namespaces.length > 2 ? namespaces.join(", ") : status.namespace],
    ["Version", temporal?.version ?? null],
    ["Supervisor", supervisorInWords(supervisor)],
    ["Home", status.paths.home],
  ];
  return rows.flatMap(([name, value]) => value === null ? [] : [fact(name, value, columns, paint)]);
}

function fact(name: string, value: string, columns: number, paint: Paint): string {
  return `  ${paint.dim(name.padEnd(10))} ${printableLine(value, Math.max(1, columns - 13))}`;
}

/** What is wrong with the selected row, how to fix it, and its past. */
function renderDetails(view: View, canvas: Canvas): string[] {
  const { status } = view;
  const { columns, nowMs, paint } = canvas;
  const row = selectedRow(view);
  const own = status.processes?.find(({ name }) => name === row.process);
  const { failure, lastExit } = row.process === null ? status : own ?? { failure: undefined, lastExit: null };
  const wrapped = (name: string, text: string, colour: (text: string) => string) => {
    const first = `  ${name.padEnd(10)} `;
    return wrapAfter(first, text, columns).map((line, at) => at > 0 ? line : colour(first) + line.slice(first.length));
  };
  const isWrong = failure !== undefined || !["running", "stopped", "starting"].includes(row.state);
  return [
    ...(row.detail === null ? [] : wrapped(isWrong ? "Why" : "Detail", row.detail, isWrong ? paint.red : paint.dim)),
    ...(failure?.hint === undefined ? [] : wrapped("Hint", failure.hint, paint.dim)),
    ...(own?.taskQueues ?? []).map((queue) => fact("Task queue", queueInWords(queue, nowMs), columns, paint)),
    ...(lastExit === null ? [] : [fact("Last exit", exitInWords(lastExit, nowMs), columns, paint)]),
    ...(row.log === null ? [] : [fact("Log", row.log, columns, paint)]),
  ];
}

function queueInWords({ name, workflow, activity }: PolledTaskQueue, nowMs: number): string {
  const polls = Object.entries({ workflow, activity }).flatMap(([kind, at]) =>
    at === null ? [] : [`${kind} ${formatSpan(nowMs - Date.parse(at))} ago`]
  );
  return `${name}: ${polls.length === 0 ? "not polled" : polls.join(", ")}`;
}

function renderFoot(view: View, canvas: Canvas): string[] {
  const note = view.note === null ? [] : renderNote(view.note, canvas);
  const keys = canvas.hasKeys ? renderKeys(view, canvas) : [];
  return note.length + keys.length === 0 ? [] : ["", ...note, ...keys];
}

function renderNote({ text, isError }: Note, { columns, paint }: Canvas): string[] {
  const lines = wrapAfter("  ", text, columns).slice(0, MAX_NOTE_LINES);
  return lines.map((line) => isError ? paint.red(line) : paint.yellow(line));
}

/** The keys and what they do; the keys alone where that is too long for one line. */
function renderKeys({ rows, status: { managed } }: View, { columns, paint }: Canvas): string[] {
  const keys = {
    ...(rows.length > 1 ? { "↑↓": "select" } : {}),
    ...(managed ? { r: "restart", s: "stop or start", l: "log" } : {}),
    q: "quit",
  };
  const line = (inWords: (key: string, what: string) => string) =>
    `  ${Object.entries(keys).map(([key, what]) => inWords(key, what)).join("   ")}`;
  if (line((key, what) => `${key} ${what}`).length > columns) return [line(paint.bold)];
  return [line((key, what) => `${paint.bold(key)} ${paint.dim(what)}`)];
}

/** The end of the log in whole lines, broken where the terminal ends, above its path. */
function renderLog({ row, lines }: { row: Row; lines: readonly string[] }, canvas: Canvas): string[] {
  const { columns, rows, paint } = canvas;
  const height = Math.max(1, rows - 1);
  const shown = lines.slice(-height).flatMap((line) => broken(plainLine(line), columns).map(levelPaint(line, paint)))
    .slice(-height);
  const space = Array.from({ length: height - shown.length }, () => "");
  const end = "any key returns";
  const path = printableLine(row.log ?? "", Math.max(1, columns - end.length - 2));
  return [...shown, ...space, `${paint.bold(path)}  ${paint.dim(end)}`].slice(-rows);
}

function broken(line: string, columns: number): string[] {
  const characters = [...line];
  const parts = Array.from({ length: Math.max(1, Math.ceil(characters.length / columns)) });
  return parts.map((_, at) => characters.slice(at * columns, (at + 1) * columns).join(""));
}
