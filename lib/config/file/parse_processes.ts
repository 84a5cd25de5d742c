import { LocalError } from "../../errors/local_error.ts";
import { didYouMean } from "../../text/did_you_mean.ts";
import { badValue, checkedValue, fromConfig, refuseNul } from "../flags/flag_values.ts";
import { PROCESS_KEYS, PROCESS_NAME, READY_KEYS, RESERVED_NAMES } from "../flags/process_keys.ts";
import { type SettingSource, sourceName } from "../flags/setting_source.ts";
import { DEFAULT_STOP_TIMEOUT_MS, type ProcessSettings, type ReadyWhen } from "../processes.ts";
import { type ConfigValue, PROCESSES_KEY } from "./config_file.ts";
import { type ConfigEntry, type ConfigNode, isEmpty, plainValue } from "./config_node.ts";

/** The keys of one process, by name; those without a value are left out. */
type Entries = ReadonlyMap<string, ConfigEntry>;

/** The project file, for messages and for paths. */
interface Project {
  path: string;
  /** Makes a path absolute; relative ones start at the project file's directory. */
  resolve(path: string): string;
}

/**
 * The processes that the project file at `path` declares, in its order.
 *
 * @param value The value of `processes`.
 * @param resolve Makes a path of the file absolute; relative ones start at its directory.
 * @throws {LocalError} `usage` with the line of a fault: a name that is invalid or reserved, an unknown key (suggests the
 * nearest one), a wrong value, no command, several of `task_queue`, `port` and `http`, or a `depends_on` that names no
 * process or leads back to itself
 */
export function parseProcesses(
  path: string,
  { node, line }: ConfigValue,
  resolve: (path: string) => string,
): ProcessSettings[] {
  if (!("entries" in node)) {
    throw fault(path, line, PROCESSES_KEY, `Expected names with a command each in \`${PROCESSES_KEY}\``, {
      hint: "For example `worker: { command: npm run worker }`",
    });
  }
  const project: Project = { path, resolve };
  const processes: ProcessSettings[] = [];
  const entriesOf = new Map<string, Entries>();
  for (const entry of node.entries) {
    checkName(path, entry, processes);
    const entries = readEntries(path, entry);
    entriesOf.set(entry.key, entries);
    processes.push(parseProcess(project, entry, entries));
  }
  for (const { name } of processes) checkDependencies(path, name, processes, entriesOf);
  return processes;
}

function fault(
  path: string,
  line: number,
  key: string,
  what: string,
  { hint, suggestion }: { hint?: string; suggestion?: string | null } = {},
): LocalError {
  return new LocalError("usage", `${path}:${line}: ${what}`, {
    ...(hint === undefined ? {} : { hint }),
    facts: { path, line, key, ...(suggestion === undefined ? {} : { suggestion }) },
  });
}

function checkName(path: string, { key: name, line }: ConfigEntry, earlier: readonly ProcessSettings[]): void {
  const place = `${PROCESSES_KEY}.${name}`;
  if (!PROCESS_NAME.test(name)) {
    throw fault(path, line, place, `Invalid name \`${name}\` of a process`, {
      hint: "Use up to 64 letters, digits, `-`, `_` and `.`, with a letter, digit or `_` first",
    });
  }
  if (RESERVED_NAMES.includes(name.toLowerCase())) {
    throw fault(path, line, place, `A process cannot be called \`${name}\``, {
      hint: `${RESERVED_NAMES.map((each) => `\`${each}\``).join(", ")} have a meaning of their own: use another name`,
    });
  }
  const same = earlier.find((each) => each.name.toLowerCase() === name.toLowerCase());
  if (same === undefined) return;
  // A file system may ignore case: that of macOS does.
  throw fault(path, line, place, `\`${name}\` and \`${same.name}\` differ only in case, and would share one log`, {
    hint: "Use another name for one of them",
  });
}

function readEntries(path: string, { key: name, line, node }: ConfigEntry): Entries {
  const place = `${PROCESSES_KEY}.${name}`;
  if (!("entries" in node)) {
    throw fault(path, line, place, `Expected keys and values in \`${place}\`, such as \`command: …\``);
  }
  const known = PROCESS_KEYS.map(({ name }) => name);
  for (const entry of node.entries) {
    if (known.includes(entry.key)) continue;
    const near = didYouMean(entry.key, known);
    throw fault(path, entry.line, entry.key, `Unknown key \`${entry.key}\` in ${place}`, {
      hint: near === null ? `Known keys: ${known.join(", ")}` : `Did you mean \`${near}\`?`,
      suggestion: near,
    });
  }
  return new Map(node.entries.filter((entry) => !isEmpty(entry.node)).map((entry) => [entry.key, entry]));
}

function parseProcess({ path, resolve }: Project, { key: name, line }: ConfigEntry, entries: Entries): ProcessSettings {
  const place = `${PROCESSES_KEY}.${name}`;
  const sourceOf = (entry: ConfigEntry): SettingSource => ({
    kind: "file",
    path,
    line: entry.line,
    key: `${place}.${entry.key}`,
    isProject: true,
  });
  const valueOf = (key: string): unknown => {
    const entry = entries.get(key);
    if (entry === undefined) return undefined;
    const flag = PROCESS_KEYS.find(({ name }) => name === key)!;
    const source = sourceOf(entry);
    return checkedValue(flag, fromConfig(flag, entry.node, source), source);
  };
  const textOf = (key: string) => valueOf(key) as string | undefined;
  const textsOf = (key: string) => valueOf(key) as string[] | undefined;
  const msOf = (key: string) => {
    const seconds = valueOf(key) as number | undefined;
    return seconds === undefined ? undefined : Math.round(seconds * 1000);
  };
  const command = entries.get("command");
  if (command === undefined) {
    throw fault(path, line, place, `\`${place}\` has no \`command\``, {
      hint: "For example `command: npm run worker`",
    });
  }
  const silent = entries.get("restart_when_silent");
  if (silent !== undefined && !entries.has("task_queue")) {
    throw fault(path, silent.line, `${place}.${silent.key}`, `\`${place}.${silent.key}\` requires \`task_queue\``, {
      hint: "Only a process that polls a task queue can be silent",
    });
  }
  const environment = entries.get("environment");
  return {
    name,
    command: parseCommand(command.node, sourceOf(command)),
    project: resolve("."),
    directory: resolve(textOf("directory") ?? "."),
    environment: environment === undefined ? {} : parseEnvironment(environment.node, sourceOf(environment)),
    namespace: textOf("namespace") ?? null,
    readyWhen: parseReadyWhen(path, place, entries, { textOf, textsOf, valueOf }, sourceOf),
    dependsOn: [...new Set(textsOf("depends_on") ?? [])],
    watch: [...new Set((textsOf("watch") ?? []).map(resolve))],
    stopTimeoutMs: msOf("stop_timeout") ?? DEFAULT_STOP_TIMEOUT_MS,
    restartWhenSilentMs: msOf("restart_when_silent") ?? null,
  };
}

function parseCommand(node: ConfigNode, source: SettingSource): string | string[] {
  const bad = () => badValue(sourceName(source), "a string, or a list of strings", inJson(node), source);
  if ("text" in node) {
    refuseNul(node.text, source);
    if (node.text.trim() === "") throw bad();
    return node.text;
  }
  if (!("items" in node)) throw bad();
  // Unlike other lists, it may have empty strings: they are arguments.
  const words = node.items.map((item) => {
    if (!("text" in item) || item.value === null) throw bad();
    return item.text;
  });
  if ((words[0] ?? "") === "") throw bad();
  refuseNul(words, source);
  return words;
}

function parseEnvironment(node: ConfigNode, source: SettingSource): Record<string, string> {
  const wanted = "names and values, such as `LOG_LEVEL: debug`";
  if (!("entries" in node)) throw badValue(sourceName(source), wanted, inJson(node), source);
  return Object.fromEntries(node.entries.map(({ key, line, node: item }) => {
    const at = source.kind === "file" ? { ...source, line, key: `${source.key}.${key}` } : source;
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) throw badValue(sourceName(source), wanted, key, { ...at });
    if (!("text" in item) || item.value === null) {
      throw badValue(sourceName(at), 'a string, "" for an empty one', inJson(item), at);
    }
    refuseNul(item.text, at);
    return [key, item.text];
  }));
}

function parseReadyWhen(
  path: string,
  place: string,
  entries: Entries,
  { textOf, textsOf, valueOf }: {
    textOf(key: string): string | undefined;
    textsOf(key: string): string[] | undefined;
    valueOf(key: string): unknown;
  },
  sourceOf: (entry: ConfigEntry) => SettingSource,
): ReadyWhen {
  const [first, second] = [...entries.values()].filter(({ key }) => READY_KEYS.includes(key));
  if (first === undefined) return { kind: "running" };
  if (second !== undefined) {
    const both = `\`${first.key}\` and \`${second.key}\``;
    throw fault(
      path,
      second.line,
      `${place}.${second.key}`,
      `\`${place}\` has ${both}, and can have only one of them`,
      {
        hint: `Use one of ${READY_KEYS.map((key) => `\`${key}\``).join(", ")}: it tells when the process is ready`,
      },
    );
  }
  switch (first.key) {
    case "task_queue": {
      const taskQueues = [...new Set(textsOf("task_queue")!)];
      return taskQueues.length === 0 ? { kind: "running" } : { kind: "task-queues", taskQueues };
    }
    case "port":
      return { kind: "port", port: valueOf("port") as number };
    default: {
      const url = textOf("http")!;
      if (isHttpUrl(url)) return { kind: "http", url };
      const source = sourceOf(first);
      throw badValue(sourceName(source), "a URL such as http://127.0.0.1:8888/healthz", url, source);
    }
  }
}

function isHttpUrl(text: string): boolean {
  return /^http:\/\/[^\s/]/i.test(text) && URL.canParse(text);
}

const inJson = (node: ConfigNode): string => JSON.stringify(plainValue(node));

/** Refuses a `depends_on` of the process `name` that names no process, or leads back to it. */
function checkDependencies(
  path: string,
  name: string,
  processes: readonly ProcessSettings[],
  entriesOf: ReadonlyMap<string, Entries>,
): void {
  const find = (name: string) => processes.find((each) => each.name === name);
  const lineOf = (name: string, needed: string) => {
    const { line, node } = entriesOf.get(name)!.get("depends_on")!;
    const items = "items" in node ? node.items : [];
    return items.find((item) => "text" in item && item.text === needed)?.line ?? line;
  };
  const key = `${PROCESSES_KEY}.${name}.depends_on`;
  for (const needed of find(name)!.dependsOn) {
    const names = processes.map((each) => each.name).filter((each) => each !== name);
    if (find(needed) === undefined) {
      const near = didYouMean(needed, names);
      throw fault(path, lineOf(name, needed), key, `\`${key}\` names \`${needed}\`, which is no process`, {
        hint: near !== null
          ? `Did you mean \`${near}\`?`
          : names.length === 0
          ? "It is the only process of this file"
          : `The other processes are ${names.join(", ")}`,
        suggestion: near,
      });
    }
    const way = wayTo(name, needed, find, new Set());
    if (way === null) continue;
    const circle = [name, ...way].join(" → ");
    throw fault(path, lineOf(name, needed), key, `\`${key}\` leads back to itself: ${circle}`, {
      hint: "Each waits until the others are ready: remove one of these dependencies",
    });
  }
}

/** The way along `depends_on` from `from` to `goal`, both included; null if there is none. */
function wayTo(
  goal: string,
  from: string,
  find: (name: string) => ProcessSettings | undefined,
  seen: Set<string>,
): string[] | null {
  if (from === goal) return [from];
  if (seen.has(from)) return null;
  seen.add(from);
  for (const next of find(from)?.dependsOn ?? []) {
    const way = wayTo(goal, next, find, seen);
    if (way !== null) return [from, ...way];
  }
  return null;
}
