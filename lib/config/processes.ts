import { LocalError } from "../errors/local_error.ts";
import { didYouMean } from "../text/did_you_mean.ts";
import { PROCESS_NAME } from "./flags/process_keys.ts";
import { isObject, isTexts } from "../text/json_value.ts";

/** When a process beside Temporal counts as ready. */
export type ReadyWhen =
  /** It runs, and did not exit at once. */
  | { kind: "running" }
  /** It polls each of these task queues. */
  | { kind: "task-queues"; taskQueues: readonly string[] }
  /** A member of its process group listens on this TCP port of the loopback address. */
  | { kind: "port"; port: number }
  /** A GET of this URL answers with a status below 400. */
  | { kind: "http"; url: string };

/** A process that runs beside Temporal, as a project declares it under `processes:`. */
export interface ProcessSettings {
  /** Unique; also the name of its log, `logs/NAME.log`. */
  name: string;
  /** A list is executed as it is; a text is run by `sh -c`. */
  command: string | readonly string[];
  /** The folder of the project file, absolute. */
  project: string;
  /** The working directory, absolute. */
  directory: string;
  /** Added to the environment that `run` would give it. */
  environment: Readonly<Record<string, string>>;
  /** The namespace that it works in; null = the instance's. */
  namespace: string | null;
  readyWhen: ReadyWhen;
  /** Names of the processes that must be ready before its launch. Without cycles. */
  dependsOn: readonly string[];
  /** Files and folders, absolute, whose change restarts it. */
  watch: readonly string[];
  /** From SIGTERM to SIGKILL, in ms. */
  stopTimeoutMs: number;
  /** It is restarted when it has not polled for so long, in ms; null = never. */
  restartWhenSilentMs: number | null;
}

/** The default grace period of a process, in ms. */
export const DEFAULT_STOP_TIMEOUT_MS = 10_000;

/** A process as it was launched: what must be the same for a running one to be adopted. */
export interface LaunchedProcess {
  settings: ProcessSettings;
  /** The variables that it was given. */
  environment: Readonly<Record<string, string>>;
}

/** The {@linkcode LaunchedProcess} in `value`, parsed from untrusted JSON; null if it is none. */
export function readLaunchedProcess(value: unknown): LaunchedProcess | null {
  if (!isObject(value)) return null;
  const { settings, environment } = value;
  return isProcessSettings(settings) && isTextMap(environment) ? { settings, environment } : null;
}

/** Whether `value`, parsed from untrusted JSON, is a {@linkcode ProcessSettings}. */
export function isProcessSettings(value: unknown): value is ProcessSettings {
  if (!isObject(value)) return false;
  const { name, command, project, directory, environment, namespace, readyWhen, dependsOn, watch } = value;
  const { stopTimeoutMs, restartWhenSilentMs } = value;
  return typeof name === "string" && PROCESS_NAME.test(name) &&
    (typeof command === "string" || (isTexts(command) && command.length > 0)) &&
    typeof project === "string" && typeof directory === "string" && directory.startsWith("/") &&
    isTextMap(environment) &&
    (namespace === null || typeof namespace === "string") && isReadyWhen(readyWhen) &&
    isTexts(dependsOn) && isTexts(watch) && isDuration(stopTimeoutMs) &&
    (restartWhenSilentMs === null || isDuration(restartWhenSilentMs));
}

/** What {@linkcode unknownProcess} says of the known ones. */
export interface KnownProcesses {
  /** Who knows them. @default {"The project file declares"} */
  knower?: string;
  /** What to do about it if there are none. */
  none?: string;
  addition?: string;
}

/** The error for the name of a process that is none of `known`. */
export function unknownProcess(name: string, known: readonly string[], words: KnownProcesses = {}): LocalError {
  const { knower = "The project file declares", addition = "" } = words;
  const { none = "No project file declares one (`stigmer-local help init`)" } = words;
  const near = didYouMean(name, known);
  const all = (known.length === 0 ? none : `${knower} ${known.join(", ")}`) + addition;
  return new LocalError("usage", `There is no process \`${name}\``, {
    hint: near === null ? all : `Did you mean \`${near}\`?`,
    facts: { name, declared: known },
  });
}

function isReadyWhen(value: unknown): value is ReadyWhen {
  if (!isObject(value)) return false;
  switch (value["kind"]) {
    case "running":
      return true;
    case "task-queues":
      return isTexts(value["taskQueues"]);
    case "port":
      return Number.isInteger(value["port"]);
    case "http":
      return typeof value["url"] === "string";
    default:
      return false;
  }
}

function isTextMap(value: unknown): value is Record<string, string> {
  return isObject(value) && isTexts(Object.values(value));
}

function isDuration(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
