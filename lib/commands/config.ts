import { readSelectedVersion } from "../binary/selected_version.ts";
import { columnsOf, type Command } from "../cli/context.ts";
import { type EffectiveSetting, effectiveSettings } from "../cli/effective_settings.ts";
import { type Invocation, sourceIn } from "../cli/invocation.ts";
import { PROCESSES_KEY } from "../config/file/config_file.ts";
import { type SettingSource, sourceName } from "../config/flags/setting_source.ts";
import { instancePaths, PROJECT_FILE_NAME } from "../instance/paths.ts";
import { resolveSettings } from "../instance/ports_file.ts";
import type { Paint } from "../text/paint.ts";
import { wrapAfter } from "../text/wrap.ts";

/** Shows each setting as `start` would use it now, and its source; or prints the JSON Schema of project files. */
export const config: Command = async (context) => {
  const { host, invocation, answer, paint } = context;
  if (invocation.commandOptions["schema"] === true) {
    const { projectSchema } = await import("../config/flags/project_schema.ts");
    await host.write("stdout", `${JSON.stringify(projectSchema(), null, 2)}\n`);
    return 0;
  }
  const paths = instancePaths(invocation.home);
  const { config: path } = paths;
  const { version, isNamed } = readSelectedVersion(invocation.home);
  const launched = resolveSettings(invocation.requested, paths);
  const settings = effectiveSettings(invocation, launched, isNamed ? version : null);
  const { home, processes = [] } = invocation;
  const project = invocation.project?.path ?? null;
  await answer(
    { schema: 1, home, project, file: path, settings, processes },
    () => render([...projectRows(invocation), ...settings.map(rowOf)], paint, columnsOf(context)),
  );
  return 0;
};

/** A key, its value and where that comes from. */
type Row = readonly [key: string, value: string, from: string];

const rowOf = ({ key, text, source }: EffectiveSetting): Row => [key, text || "-", placeOf(source)];

/** What only projects have: the file that counts, and the names of its processes. */
function projectRows({ project, processes = [], files }: Invocation): Row[] {
  if (project === null) return [];
  const file = files.find(({ kind }) => kind === "project");
  const source = file === undefined ? null : sourceIn(file, PROCESSES_KEY);
  const names = processes.map(({ name }) => name).join(", ");
  return [
    ["project", project.path, PROJECT_FILE_NAME],
    ...(source === null ? [] : [[PROCESSES_KEY, names, placeOf(source)] as const]),
  ];
}

function render(lines: readonly Row[], paint: Paint, columns: number): string {
  // A long path shifts only its own row, so that the rest of the table fits into 80 columns.
  const widthOf = (column: 0 | 1, most: number) =>
    Math.min(most, Math.max(...lines.map((line) => line[column].length)));
  const [keyWidth, valueWidth] = [widthOf(0, 30), widthOf(1, 20)];
  return lines.flatMap(([key, value, from]) => {
    const source = from === "default" ? paint.dim(from) : from;
    const start = `${key.padEnd(keyWidth)}  `;
    const row = `${start}${value.padEnd(valueWidth)}  `;
    if (row.length + from.length <= columns) return [row + source];
    const rows = wrapAfter(start, value, columns);
    const last = rows.at(-1)!;
    if (last.length + 2 + from.length <= columns) return [...rows.slice(0, -1), `${last}  ${source}`];
    return [...rows, " ".repeat(start.length) + source];
  }).map((line) => `${line}\n`).join("");
}

function placeOf(source: SettingSource): string {
  if (source.kind !== "file") return sourceName(source);
  return `${source.isProject === true ? PROJECT_FILE_NAME : "config.yaml"}:${source.line}`;
}
