import { readSelectedVersion } from "../binary/selected_version.ts";
import { columnsOf, type Command } from "../cli/context.ts";
import { type EffectiveSetting, effectiveSettings } from "../cli/effective_settings.ts";
import { portCandidate } from "../config/auto_ports.ts";
import { type SettingSource, sourceName } from "../config/flags/setting_source.ts";
import { instancePaths } from "../instance/paths.ts";
import { readPortsFile } from "../instance/ports_file.ts";
import type { Paint } from "../text/paint.ts";
import { wrapAfter } from "../text/wrap.ts";

/** Shows each setting as `start` would use it now, and its source. */
export const config: Command = async (context) => {
  const { invocation, answer, paint } = context;
  const paths = instancePaths(invocation.home);
  const { config: path } = paths;
  const ports = { ...portCandidate(invocation.home, 0), ...readPortsFile(paths) };
  const { version, isNamed } = readSelectedVersion(invocation.home);
  const settings = effectiveSettings(invocation, ports, isNamed ? version : null);
  await answer(
    { schema: 1, home: invocation.home, file: path, settings },
    () => render(settings, paint, columnsOf(context)),
  );
  return 0;
};

function render(settings: readonly EffectiveSetting[], paint: Paint, columns: number): string {
  const lines = settings.map(({ key, text, source }) => [key, text || "-", placeOf(source)] as const);
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
  return source.kind === "file" ? `config.yaml:${source.line}` : sourceName(source);
}
