import { readBounded, writeAtomically } from "./atomic_file.ts";

/**
 * The properties of the JSON object in the file at `path`; none if there is no such file, or it is a link, larger than
 * `maxBytes`, or holds no JSON object. Their types are for the caller to check.
 *
 * @throws the system's error if the disk fails (`EIO`)
 */
export function readJsonFile(path: string, maxBytes: number): Readonly<Record<string, unknown>> {
  const reading = readBounded(path, maxBytes);
  if (!("text" in reading)) return {};
  try {
    const value: unknown = JSON.parse(reading.text);
    return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

/**
 * Writes `value` as JSON to the file at `path`, as {@linkcode writeAtomically} does.
 *
 * @throws the system's error
 */
export function writeJsonFile(path: string, value: unknown): void {
  writeAtomically(path, JSON.stringify(value) + "\n");
}
