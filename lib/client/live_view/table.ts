import { stateColour } from "../../instance/status/render_status.ts";
import { formatBytes } from "../../text/byte_size.ts";
import type { Paint } from "../../text/paint.ts";
import { printableLine } from "../../text/printable.ts";
import { formatSpan } from "../../text/span.ts";
import type { Row } from "./view.ts";

interface Column {
  title: string;
  cell: (row: Row, nowMs: number) => string;
  isRight?: true;
  /** The width of its usual values: a table whose columns move each second can't be read. */
  width?: number;
  /** Left out on a narrow terminal, the lowest first; missing = never. */
  rank?: number;
}

/** Stands for what is not known, or is not there. */
const NOTHING = "-";

const STATE: Column = { title: "STATE", cell: ({ state }) => state, width: 9 };
const RESTARTS: Column = { title: "RESTARTS", cell: ({ restarts }) => String(restarts), isRight: true, rank: 1 };
const PID: Column = { title: "PID", cell: ({ pid }) => String(pid ?? NOTHING), isRight: true, rank: 6 };
const MEMORY: Column = {
  title: "MEMORY",
  cell: ({ usage }) => usage === null ? NOTHING : formatBytes(usage.memoryBytes),
  isRight: true,
  rank: 3,
};
const CPU: Column = {
  title: "CPU",
  cell: ({ usage }) => usage === null || usage.cpu === null ? NOTHING : percent(usage.cpu),
  isRight: true,
  width: 5,
  rank: 4,
};
const LAST_POLL: Column = {
  title: "LAST POLL",
  cell: ({ lastPoll }, nowMs) =>
    lastPoll === null ? NOTHING : lastPoll === "never" ? lastPoll : `${shortSpan(nowMs - lastPoll)} ago`,
  isRight: true,
  width: 10,
  rank: 2,
};

/** Since when it is up: `59 min 59 s`, or `59 min`. */
function up(span: (ms: number) => string, width: number): Column {
  return {
    title: "UP",
    cell: ({ startedAtMs }, nowMs) => startedAtMs === null ? NOTHING : span(nowMs - startedAtMs),
    isRight: true,
    width,
    rank: 5,
  };
}

function shortSpan(ms: number): string {
  return formatSpan(ms).split(" ", 2).join(" ");
}

/** Between two columns. */
const GAP = "  ";
/** Before the name: the mark of the selected row. */
const MARGIN = 2;
/** A name is truncated down to this width before a column is left out. */
const MIN_NAME = 12;
/** The last column, what is wrong with a row, needs this much. */
const MIN_DETAIL = 24;

/**
 * The table in lines of at most `columns` characters: the titles, then each row. A narrow terminal gets shorter times, then
 * shorter names, then fewer columns; a wide one gets the details. The selected row begins with `>`.
 */
export function renderTable(
  rows: readonly Row[],
  isSelected: (row: Row) => boolean,
  { columns, nowMs, paint }: { columns: number; nowMs: number; paint: Paint },
): string[] {
  const longest = Math.max(...["NAME", ...rows.map(({ name }) => name)].map((name) => name.length));
  const fitted = fittedColumns(rows, nowMs, longest, columns);
  const nameWidth = Math.max(1, Math.min(longest, columns - MARGIN - widthOfAll(fitted)));
  const detailWidth = columns - MARGIN - nameWidth - widthOfAll(fitted) - GAP.length;
  const hasDetails = detailWidth >= MIN_DETAIL && rows.some(({ detail }) => detail !== null);

  const line = (mark: string, name: string, cell: (column: Column) => string, detail: string): string => {
    const cells = fitted.map(({ column, width }) => {
      const text = cell(column);
      const padding = " ".repeat(width - text.length);
      const isState = column === STATE && text !== STATE.title;
      const painted = isState ? stateColour({ state: text, healthy: true }, paint)(text) : text;
      return column.isRight ? padding + painted : painted + padding;
    });
    const shown = hasDetails && detail !== "" ? [printableLine(detail, detailWidth)] : [];
    return [mark + printableLine(name, nameWidth).padEnd(nameWidth), ...cells, ...shown].join(GAP).trimEnd();
  };
  const titles = line("  ", "NAME", ({ title }) => title, rows.some(({ detail }) => detail !== null) ? "DETAIL" : "");
  return [
    paint.dim(titles),
    ...rows.map((row) => {
      const isOwn = isSelected(row);
      const text = line(isOwn ? "> " : "  ", row.name, ({ cell }) => cell(row, nowMs), row.detail ?? "");
      return isOwn ? paint.bold(text) : text;
    }),
  ];
}

interface Fitted {
  column: Column;
  width: number;
}

function fittedColumns(rows: readonly Row[], nowMs: number, longest: number, columns: number): readonly Fitted[] {
  const polls = rows.some(({ lastPoll }) => lastPoll !== null) ? [LAST_POLL] : [];
  const withUp = (column: Column) =>
    [STATE, PID, column, RESTARTS, MEMORY, CPU, ...polls].map((each) => ({
      column: each,
      width: Math.max(each.title.length, each.width ?? 0, ...rows.map((row) => each.cell(row, nowMs).length)),
    }));
  const all = withUp(up(formatSpan, 11));
  if (MARGIN + longest + widthOfAll(all) <= columns) return all;
  return without(withUp(up(shortSpan, 6)), columns - MARGIN - Math.min(longest, MIN_NAME));
}

/** As many of the columns as fit into `width`. */
function without(all: readonly Fitted[], width: number): readonly Fitted[] {
  const lowest = Math.min(...all.map(({ column }) => column.rank ?? Infinity));
  if (lowest === Infinity || widthOfAll(all) <= width) return all;
  return without(all.filter(({ column }) => column.rank !== lowest), width);
}

function widthOfAll(fitted: readonly Fitted[]): number {
  return fitted.reduce((sum, { width }) => sum + GAP.length + width, 0);
}

/** `0.5 %`, `12 %`, `150 %` of one processor. */
function percent(share: number): string {
  const value = share * 100;
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} %`;
}
