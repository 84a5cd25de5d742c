import type { ProcessSettings } from "../config/processes.ts";
import type { ProcessExit } from "../platform/spawn/spawn_options.ts";
import { printableLine } from "../text/printable.ts";
import { quotedIfNeeded } from "../text/shell_word.ts";

/** How a process ended before it was ready. */
export interface FailedStart {
  settings: ProcessSettings;
  end: ProcessExit;
  /** The end of its log. */
  lastWords: string;
  /** The instance's address, and the namespace that it was given. */
  address: string;
  namespace: string;
  /** Who listens on its port: `node (pid 12)`; null if no process does, or it has no port. */
  portHolder: string | null;
}

/** Why it failed, and what to do. */
export interface ProcessDiagnosis {
  /** For scripts. */
  cause:
    | ("command-not-found" | "port-taken" | "other-address" | "namespace-not-found" | "exited")
    | "not-executable";
  message: string;
  hint: string;
}

/** The most probable reason why a process ended before it was ready. */
export function diagnoseFailedStart(start: FailedStart): ProcessDiagnosis {
  const { settings: { name }, end, lastWords } = start;
  const how = end.signal === null ? `exit code ${end.code ?? "unknown"}` : end.signal;
  const logs = `\`stigmer-local logs ${quotedIfNeeded(name)}\` shows its log`;
  return commandNotFound(start) ?? portTaken(start) ?? namespaceNotFound(start) ?? otherAddress(start) ?? {
    cause: "exited",
    message: `${name} exited before it was ready (${how})${quoted(reasonIn(lastWords))}`,
    hint: end.code === 0 ? `${FOREGROUND}; ${logs}` : logs,
  };
}

/** One that puts itself into the background exits with 0, as one does that has nothing to do. */
const FOREGROUND = "A process has to stay in the foreground until it is stopped (no `&`, no option such as `--daemon`)";

/** The last line that names an error, as runtimes print them; else the last line: Node's is its version. */
function reasonIn(lastWords: string): string | undefined {
  const lines = linesOf(lastWords);
  return lines.findLast((line) => /^(\w*(Error|Exception)\b.*:|panic:|fatal( error)?:|error:)/i.test(line)) ??
    lines.at(-1);
}

function linesOf(text: string): string[] {
  return text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
}

function quoted(words: string | undefined): string {
  return words === undefined || words === "" ? "" : `: ${printableLine(words, 200)}`;
}

/** A shell says so with 127 and 126 (POSIX, "Exit Status for Commands"). */
function commandNotFound({ settings: { name }, end, lastWords }: FailedStart): ProcessDiagnosis | null {
  if (end.code !== 127 && end.code !== 126) return null;
  const words = linesOf(lastWords).at(-1);
  return end.code === 127
    ? {
      cause: "command-not-found",
      message: `${name}: command not found${quoted(words)}`,
      hint: "Check `command` in the project file, and PATH; a start takes PATH from the shell that starts the instance",
    }
    : {
      cause: "not-executable",
      message: `${name}: its command cannot be executed${quoted(words)}`,
      hint: "Check its permissions (`chmod +x`)",
    };
}

const ADDRESS_IN_USE = /EADDRINUSE|address already in use|Only one usage of each socket address/i;

function portTaken({ settings: { name, readyWhen }, lastWords, portHolder }: FailedStart): ProcessDiagnosis | null {
  const words = linesOf(lastWords).find((line) => ADDRESS_IN_USE.test(line));
  if (words === undefined) return null;
  const port = readyWhen.kind === "port" ? readyWhen.port : /(?::|port )(\d{2,5})\b/.exec(words)?.[1];
  const where = port === undefined ? "its port" : `port ${port}`;
  return {
    cause: "port-taken",
    message: `${name}: ${where} is taken${portHolder === null ? "" : ` by ${portHolder}`}`,
    hint: port === undefined
      ? "Free the port, or use another one"
      : `\`lsof -i :${quotedIfNeeded(String(port))}\` shows by which process: end it, or use another port`,
  };
}

const NO_NAMESPACE = /namespace ["'`]?([\w.-]+)["'`]? (?:is |was )?not found/i;

function namespaceNotFound({ settings: { name }, lastWords, namespace }: FailedStart): ProcessDiagnosis | null {
  const [, missing] = NO_NAMESPACE.exec(lastWords) ?? [];
  if (missing === undefined) return null;
  const hint = missing === namespace
    ? `Declare it under \`namespaces\` in the project file`
    : `It was given \`${namespace}\` in TEMPORAL_NAMESPACE: use that, or declare ${missing} under \`namespaces\``;
  return { cause: "namespace-not-found", message: `${name}: namespace ${missing} does not exist`, hint };
}

const REFUSED = /connection refused|ECONNREFUSED|tcp connect error|failed to connect/i;
const LOOPBACK = /(?:127\.0\.0\.1|localhost|\[::1\]|0\.0\.0\.0):(\d{2,5})/g;

function otherAddress({ settings: { name }, lastWords, address }: FailedStart): ProcessDiagnosis | null {
  if (!REFUSED.test(lastWords)) return null;
  const own = address.slice(address.lastIndexOf(":"));
  const [tried] = [...lastWords.matchAll(LOOPBACK)].map(([text]) => text).filter((text) => !text.endsWith(own));
  if (tried === undefined) return null;
  return {
    cause: "other-address",
    message: `${name} connects to ${tried}, which refuses connections; this instance is at ${address}`,
    hint: "Let it read the address from TEMPORAL_ADDRESS",
  };
}
