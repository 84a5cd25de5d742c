import { readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { isBundled } from "./bundle.ts";

/** The stack of an error; in the one file with positions in the sources, if its source map is beside it. */
export function readableStack(error: unknown): string | undefined {
  const stack = error instanceof Error ? error.stack : undefined;
  if (stack === undefined || !isBundled) return stack;
  const file = import.meta.url;
  let map: SourceMap;
  try {
    map = new SourceMap(JSON.parse(readFileSync(new URL(`${file}.map`), "utf8")) as SourceMapPayload);
  } catch {
    return stack; // the file was copied alone
  }
  const place = new RegExp(`${file.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}:(\\d+):(\\d+)`, "g");
  return stack.replace(place, (text, line: string, column: string) => {
    const entry = map.findEntry(Number(line) - 1, Number(column) - 1) as {
      originalSource?: string;
      originalLine?: number;
      originalColumn?: number;
    };
    if (entry.originalSource === undefined) return text;
    return `${entry.originalSource}:${(entry.originalLine ?? 0) + 1}:${(entry.originalColumn ?? 0) + 1}`;
  });
}
