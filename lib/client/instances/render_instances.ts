import { stateColour } from "../../instance/status/render_status.ts";
import { formatBytes } from "../../text/byte_size.ts";
import type { Paint } from "../../text/paint.ts";
import { printableLine } from "../../text/printable.ts";
import { formatSpan } from "../../text/span.ts";
import type { ListedInstance } from "./find_instances.ts";

/** How long a path is printed: as long as a path may be. */
const MAX_PATH = 4096;
const GAP = "  ";

/**
 * The table of `ls`: a line an instance, its paths last. Where a line would be longer than `columns`, all paths are on lines
 * of their own below.
 *
 * @param userHome The user's home directory, printed as `~`; null = none.
 */
export function renderInstances(
  instances: readonly ListedInstance[],
  surroundings: { nowMs: number; userHome: string | null; paint: Paint; columns: number },
): string {
  const { nowMs, userHome, paint, columns } = surroundings;
  const hasProjects = instances.some(({ project }) => project !== null);
  const short = (path: string | null) => path === null ? "" : shortPath(path, userHome);
  const [titles, ...rows] = padded([TITLES, ...instances.map((each) => cellsOf(each, nowMs))]);
  const places = padded([
    ["HOME", hasProjects ? "PROJECT" : ""],
    ...instances.map(({ home, project }) => [short(home), short(project)]),
  ]).map((paths) => paths.join(GAP).trimEnd());
  const isWide = [...titles!, ""].join(GAP).length + Math.max(...places.map((place) => place.length)) <= columns;
  const lineOf = (cells: readonly string[], paths: string) =>
    isWide ? [...cells, paths].join(GAP) : `${cells.join(GAP).trimEnd()}\n${GAP}${paths}`;
  return [
    lineOf(titles!, places[0]!).split("\n").map(paint.dim).join("\n"),
    ...rows.map(([state = "", ...others], at) => {
      const painted = state.replace(/\S+/, stateColour(instances[at]!, paint));
      return lineOf([painted, ...others], places[at + 1]!);
    }),
    "",
  ].join("\n");
}

const TITLES = ["STATE", "ADDRESS", "PID", "SUPERVISOR", "UP", "VERSION", "MEMORY"];

/** The cells of a table, those of each column filled up to the same width. */
function padded(rows: readonly (readonly string[])[]): string[][] {
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  return rows.map((row) => row.map((cell, at) => cell.padEnd(widths[at]!)));
}

/** A path with the user's home directory as `~`, on one line. */
export function shortPath(path: string, userHome: string | null): string {
  const isWithin = userHome !== null && userHome !== "/" && `${path}/`.startsWith(`${userHome}/`);
  return printableLine(isWithin ? `~${path.slice(userHome.length)}` : path, MAX_PATH);
}

function cellsOf(instance: ListedInstance, nowMs: number): string[] {
  const { state, healthy, address, temporal, supervisor, memoryBytes } = instance;
  const since = temporal?.startedAt ?? supervisor?.startedAt;
  const isSilent = state === "running" && !healthy && supervisor === null;
  const cells = [
    isSilent ? "unresponsive" : state,
    address,
    temporal?.pid,
    isSilent ? "hangs" : supervisor?.pid,
    since === undefined || since === null ? null : formatSpan(nowMs - Date.parse(since), 1),
    temporal?.version,
    memoryBytes === null ? null : formatBytes(memoryBytes),
  ];
  return cells.map((cell) => printableLine(String(cell ?? "-"), 40));
}
