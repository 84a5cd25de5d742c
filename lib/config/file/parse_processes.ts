import { didYouMean } from "../../text/did_you_mean.ts";
import { badValue, checkedValue, fromConfig, refuseNul } from "../flags/flag_values.ts";
import { PROCESS_KEYS, PROCESS_NAME, READY_KEYS, RESERVED_NAMES } from "../flags/process_keys.ts";
import type { SettingSource } from "../flags/setting_source.ts";
import { DEFAULT_STOP_TIMEOUT_MS, type ProcessSettings, type ReadyWhen } from "../processes.ts";
import { PROCESSES_KEY } from "./config_file.ts";
import { type ConfigEntry, type ConfigNode, isEmpty, plainValue } from "./config_node.ts";
import { fileFault, unknownKey } from "./file_fault.ts";

/** The keys of one process, by name; those without a value are left out. */
type Entries = ReadonlyMap<string, ConfigEntry>;

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
  { node, line }: ConfigEntry,
  resolve: (path: string) => string,
): ProcessSettings[] {
  if (!("entries" in node)) {
    const what = `Expected names with a command each in \`${PROCESSES_KEY}\``;
    throw fileFault({ path, line, key: PROCESSES_KEY }, what, "For example `worker: { command: npm run worker }`");
  }
  const processes: ProcessSettings[] = [];
  const entriesOf = new Map<string, Entries>();
  for (const entry of node.entries) {
    checkName(path, entry, processes);
    const entries = readEntries(path, entry);
    entriesOf.set(entry.key, entries);
    checkKeys(path, entry, entries);
    processes.push(parseProcess(path, entry.key, entries, resolve));
  }
  for (const { name } of processes) checkDependencies(path, name, processes, entriesOf);
  return processes;
}

function checkName(path: string, { key: name, line }: ConfigEntry, earlier: readonly ProcessSettings[]): void {
  const place = { path, line, key: `${PROCESSES_KEY}.${name}` };
  if (!PROCESS_NAME.test(name)) {
    const hint = "Use up to 64 letters, digits, `-`, `_` and `.`, with a letter, digit or `_` first";
    throw fileFault(place, `Invalid name \`${name}\` of a process`, hint);
  }
  if (RESERVED_NAMES.includes(name.toLowerCase())) {
    const reserved = RESERVED_NAMES.map((each) => `\`${each}\``).join(", ");
    const hint = `${reserved} have a meaning of their own: use another name`;
    throw fileFault(place, `A process cannot be called \`${name}\``, hint);
  }
  const same = earlier.find((each) => each.name.toLowerCase() === name.toLowerCase());
  if (same === undefined) return;
  // A file system may ignore case: that of macOS does.
  const what = `\`${name}\` and \`${same.name}\` differ only in case, and would share one log`;
  throw fileFault(place, what, "Use another name for one of them");
}

function readEntries(path: string, { key: name, line, node }: ConfigEntry): Entries {
  const key = `${PROCESSES_KEY}.${name}`;
  if (!("entries" in node)) {
    throw fileFault({ path, line, key }, `Expected keys and values in \`${key}\`, such as \`command: …\``);
  }
  const known = PROCESS_KEYS.map(({ name }) => name);
  const unknown = node.entries.find((entry) => !known.includes(entry.key));
  if (unknown !== undefined) throw unknownKey({ path, line: unknown.line, key: unknown.key }, key, known);
  return new Map(node.entries.filter((entry) => !isEmpty(entry.node)).map((entry) => [entry.key, entry]));
}

/** Refuses a process without a command, and keys that exclude or require one another. */
function checkKeys(path: string, { key: name, line }: ConfigEntry, entries: Entries): void {
  const place = { path, line, key: `${PROCESSES_KEY}.${name}` };
  if (!entries.has("command")) {
    throw fileFault(place, `\`${place.key}\` has no \`command\``, "For example `command: npm run worker`");
  }
  const silent = entries.get("restart_when_silent");
  if (silent !== undefined && !entries.has("task_queue")) {
    const key = `${place.key}.${silent.key}`;
    const hint = "Only a process that polls a task queue can be silent";
    throw fileFault({ path, line: silent.line, key }, `\`${key}\` requires \`task_queue\``, hint);
  }
  const [first, second] = [...entries.values()].filter(({ key }) => READY_KEYS.includes(key));
  if (second !== undefined) {
    const keys = READY_KEYS.map((key) => `\`${key}\``).join(", ");
    throw fileFault(
      { path, line: second.line, key: `${place.key}.${second.key}` },
      `\`${place.key}\` has \`${first!.key}\` and \`${second.key}\`, and can have only one of them`,
      `Use one of ${keys}: it tells when the process is ready`,
    );
  }
}

function parseProcess(
  path: string,
  name: string,
  entries: Entries,
  resolve: (path: string) => string,
): ProcessSettings {
  const sourceOf = ({ key, line }: ConfigEntry): SettingSource => (
    { kind: "file", path, line, key: `${PROCESSES_KEY}.${name}.${key}`, isProject: true }
  );
  const valueOf = (key: string): unknown => {
    const entry = entries.get(key);
    if (entry === undefined) return undefined;
    const flag = PROCESS_KEYS.find(({ name }) => name === key)!;
    const source = sourceOf(entry);
    return checkedValue(flag, fromConfig(flag, entry.node, source), source);
  };
  const textOf = (key: string) => valueOf(key) as string | undefined;
  const textsOf = (key: string) => [...new Set(valueOf(key) as string[] | undefined)];
  const msOf = (key: string) => {
    const seconds = valueOf(key) as number | undefined;
    return seconds === undefined ? undefined : Math.round(seconds * 1000);
  };
  const command = entries.get("command")!;
  const ready = [...entries.values()].find(({ key }) => READY_KEYS.includes(key));
  const environment = entries.get("environment");
  return {
    name,
    command: parseCommand(command.node, sourceOf(command)),
    project: resolve("."),
    directory: resolve(textOf("directory") ?? "."),
    environment: environment === undefined ? {} : parseEnvironment(environment.node, sourceOf(environment)),
    namespace: textOf("namespace") ?? null,
    readyWhen: ready === undefined
      ? { kind: "running" }
      : parseReadyWhen(valueOf(ready.key), sourceOf(ready), ready.key),
    dependsOn: textsOf("depends_on"),
    watch: [...new Set(textsOf("watch").map(resolve))],
    stopTimeoutMs: msOf("stop_timeout") ?? DEFAULT_STOP_TIMEOUT_MS,
    restartWhenSilentMs: msOf("restart_when_silent") ?? null,
  };
}

function parseCommand(node: ConfigNode, source: SettingSource): string | string[] {
  const bad = () => badValue(source, "a string, or a list of strings", inJson(node));
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
  if (!("entries" in node)) throw badValue(source, wanted, inJson(node));
  return Object.fromEntries(node.entries.map(({ key, line, node: item }) => {
    const at = source.kind === "file" ? { ...source, line, key: `${source.key}.${key}` } : source;
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) throw badValue(at, wanted, key);
    if (!("text" in item) || item.value === null) {
      throw badValue(at, 'a string, "" for an empty one', inJson(item));
    }
    refuseNul(item.text, at);
    return [key, item.text];
  }));
}

/** @param key Which of {@linkcode READY_KEYS} has the value. */
function parseReadyWhen(value: unknown, source: SettingSource, key: string): ReadyWhen {
  switch (key) {
    case "task_queue": {
      const taskQueues = [...new Set(value as string[])];
      return taskQueues.length === 0 ? { kind: "running" } : { kind: "task-queues", taskQueues };
    }
    case "port":
      return { kind: "port", port: value as number };
    default: {
      const url = value as string;
      if (!isHttpUrl(url)) throw badValue(source, "a URL such as http://127.0.0.1:8888/healthz", url);
      return { kind: "http", url };
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
  const lineOf = (needed: string) => {
    const { line, node } = entriesOf.get(name)!.get("depends_on")!;
    const items = "items" in node ? node.items : [];
    return items.find((item) => "text" in item && item.text === needed)?.line ?? line;
  };
  const key = `${PROCESSES_KEY}.${name}.depends_on`;
  for (const needed of find(name)!.dependsOn) {
    const place = { path, line: lineOf(needed), key };
    const names = processes.map((each) => each.name).filter((each) => each !== name);
    if (find(needed) === undefined) {
      const suggestion = didYouMean(needed, names);
      const others = names.length === 0
        ? "It is the only process of this file"
        : `The other processes are ${names.join(", ")}`;
      const hint = suggestion === null ? others : `Did you mean \`${suggestion}\`?`;
      throw fileFault({ ...place, suggestion }, `\`${key}\` names \`${needed}\`, which is no process`, hint);
    }
    const way = wayTo(name, needed, find, new Set());
    if (way === null) continue;
    const circle = [name, ...way].join(" → ");
    const hint = "Each waits until the others are ready: remove one of these dependencies";
    throw fileFault(place, `\`${key}\` leads back to itself: ${circle}`, hint);
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
