import { isObject, parseJson } from "../../text/json_value.ts";
import { readBounded, writeAtomically } from "./atomic_file.ts";

/**
 * The properties of the JSON object in the file at `path`; none if there is no such file, or it is a link, larger than
 * `maxBytes`, or holds no JSON object. Their types are for the caller to check.
 *
 * @throws the system's error if the disk fails (`EIO`)
 */
export function readJsonFile(path: string, maxBytes: number): Readonly<Record<string, unknown>> {
  const reading = readBounded(path, maxBytes);
  const value = "text" in reading ? parseJson(reading.text) : undefined;
  return isObject(value) ? value : {};
}

/**
 * Writes `value` as JSON to the file at `path`, as {@linkcode writeAtomically} does.
 *
 * @throws the system's error
 */
export function writeJsonFile(path: string, value: unknown): void {
  writeAtomically(path, JSON.stringify(value) + "\n");
}
