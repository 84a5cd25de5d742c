import type { ConfigNode } from "../config/file/config_node.ts";
import { parseProcesses } from "../config/file/parse_processes.ts";
import type { ProcessSettings } from "../config/processes.ts";
import { LocalError } from "../errors/local_error.ts";
import { absolutePath } from "../instance/paths.ts";

/** A process beside Temporal, with the keys of a project file in camel case (docs/project.md). */
export interface ProcessOptions {
  /** A list is executed as it is; a text is run by `sh -c`. */
  command: string | readonly string[];
  /** It is ready when it polls this task queue, or each of these. At most one of this, `port` and `http`. */
  taskQueue?: string | readonly string[];
  /** It is ready when it listens on this TCP port. */
  port?: number;
  /** It is ready when this URL answers with a status below 400. */
  http?: string;
  /** The processes that must be ready before its launch. */
  dependsOn?: string | readonly string[];
  /** The working directory. @default {that of the caller} */
  directory?: string;
  /** Variables besides those that connect it to the server. */
  environment?: Readonly<Record<string, string>>;
  /** @default {that of the server} */
  namespace?: string;
  /** Files and directories whose change restarts it. */
  watch?: readonly string[];
  /** From SIGTERM to SIGKILL. @default {"10s"} */
  stopTimeout?: number | string;
  /** It is restarted when it has not polled for so long. @default {never} */
  restartWhenSilent?: number | string;
}

const SOURCE = "options";

/**
 * The processes that `options` declare, by their names, with paths relative to `cwd`.
 *
 * @throws {LocalError} `usage` for what a project file may not say either
 */
export function processesOf(options: Readonly<Record<string, ProcessOptions>>, cwd: string): ProcessSettings[] {
  try {
    const named = Object.fromEntries(Object.entries(options).map(([name, keys]) => [name, inSnakeCase(keys)]));
    const entry = { key: "processes", node: nodeOf(named), line: 0 };
    return parseProcesses(SOURCE, entry, (path) => absolutePath(path, cwd));
  } catch (error) {
    if (!(error instanceof LocalError)) throw error;
    const { code, message, hint, facts } = error;
    throw new LocalError(code, message.replace(`${SOURCE}:0: `, ""), { hint, facts });
  }
}

function inSnakeCase(keys: ProcessOptions): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(keys).filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value]),
  );
}

/** `value` as if it had been read from a file. */
function nodeOf(value: unknown): ConfigNode {
  const line = 0;
  if (Array.isArray(value)) return { line, items: value.map(nodeOf) };
  if (typeof value === "object" && value !== null) {
    return { line, entries: Object.entries(value).map(([key, each]) => ({ key, line, node: nodeOf(each) })) };
  }
  const text = String(value);
  const isScalar = typeof value === "string" || typeof value === "number" || typeof value === "boolean" ||
    value === null;
  return { line, text, value: isScalar ? value : text };
}
