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
  const titles = ["STATE", "ADDRESS", "PID", "SUPERVISOR", "UP", "VERSION", "MEMORY"];
  const rows = instances.map((each) => cellsOf(each, nowMs));
  const widths = titles.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]!.length)));
  const lineOf = (cells: readonly string[]) => cells.map((cell, at) => cell.padEnd(widths[at]!)).join(GAP);
  const homes = instances.map(({ home }) => shortPath(home, userHome));
  const homeWidth = Math.max("HOME".length, ...homes.map((home) => home.length));
  const pathsOf = (home: string, project: string) =>
    hasProjects ? `${home.padEnd(homeWidth)}${GAP}${project}`.trimEnd() : home;
  const places = instances.map(({ project }, at) =>
    pathsOf(homes[at]!, project === null ? "" : shortPath(project, userHome))
  );
  const titleOfPaths = pathsOf("HOME", "PROJECT");
  const longest = Math.max(titleOfPaths.length, ...places.map((place) => place.length));
  const isWide = lineOf(titles).length + GAP.length + longest <= columns;
  const join = (line: string, paths: string) => isWide ? `${line}${GAP}${paths}` : `${line.trimEnd()}\n${GAP}${paths}`;
  return [
    join(lineOf(titles), titleOfPaths).split("\n").map(paint.dim).join("\n"),
    ...rows.map((row, at) => {
      const [state = "", ...rest] = [...row];
      const painted = colourOf(instances[at]!, paint)(state) + " ".repeat(widths[0]! - state.length);
      const others = rest.map((cell, index) => cell.padEnd(widths[index + 1]!)).join(GAP);
      return join(`${painted}${GAP}${others}`, places[at]!);
    }),
    "",
  ].join("\n");
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

function colourOf({ state, healthy }: ListedInstance, paint: Paint): (text: string) => string {
  if (state === "running") return healthy ? paint.green : paint.yellow;
  return state === "stopped" ? paint.dim : state === "failed" || state === "unknown" ? paint.red : paint.yellow;
}
