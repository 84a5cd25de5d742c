import type { Settings } from "../../config/settings.ts";

/** Why Temporal ended, as far as its last words tell. */
export type FailureCause =
  | "database-locked"
  | "database-corrupt"
  | "database-half-made"
  | "database-newer"
  | "database-unwritable"
  | "port-taken"
  | "disk-full"
  | "wrong-platform"
  | "not-executable"
  | "bad-flag"
  | "missing-folder"
  | "out-of-resources"
  | "nameless-user"
  | "unknown";

/** What is known of the end. */
export interface TemporalExit {
  /** The end of what it wrote, or all of it. */
  lastWords: string;
  exitCode: number | null;
  signal: string | null;
  /** What it was launched with. */
  settings?: Settings;
  /** The `code` of the error when it could not be spawned at all (`ENOENT`, `EACCES` …). */
  spawnError?: string;
}

/** An end in words for a person. */
export interface ExitDiagnosis {
  cause: FailureCause;
  message: string;
  /** What to do. */
  hint: string;
}

interface Pattern {
  cause: FailureCause;
  matches: RegExp;
  /** What happened, from the match; {@linkcode lastWords} when it is left out. */
  message?: (match: RegExpExecArray) => string;
  hint: string;
}

const SEE_LOG = "`stigmer-local logs` shows what it wrote before";
const SET_ASIDE = "`stigmer-local reset` sets it aside (nothing is deleted), and the next start makes a new one";

/**
 * What Temporal 1.5.1 was seen to say, the more telling first. The texts in parentheses are SQLite's result codes;
 * code 14 (can't open) comes with the words "out of memory", which it has nothing to do with.
 */
const PATTERNS: readonly Pattern[] = [
  {
    cause: "database-locked",
    matches: /database is locked|SQLITE_BUSY/,
    message: () => "the database is locked by another process",
    hint: "end what has it open (`stigmer-local doctor` names it), or choose another --db-filename",
  },
  {
    cause: "database-corrupt",
    matches: /file is not a database|database disk image is malformed/,
    message: (match) => `the database can't be read: ${match[0]}`,
    hint: `restore a backup over it; or ${SET_ASIDE}`,
  },
  {
    cause: "database-half-made",
    // The tables that are asked for before it serves; an older or newer Temporal would have made them all the same.
    matches: /no such table: (namespaces|cluster_metadata_info)\b/,
    message: () => "the database is half-made: Temporal was killed while it set it up",
    hint: SET_ASIDE,
  },
  {
    cause: "database-newer",
    matches: /no such (?:table|column): \S+|has no column named \S+|NOT NULL constraint failed: \S+|schema version \S+/,
    message: (match) => `the database was made by another version of Temporal: ${match[0]}`,
    hint: `use the Temporal that made it (--temporal-bin); or ${SET_ASIDE}`,
  },
  {
    cause: "database-unwritable",
    matches: /attempt to write a readonly database|unable to open database file/,
    message: (match) => `the database can't be written: ${match[0]}`,
    hint: "check the permissions of the database and of its folder",
  },
  {
    cause: "disk-full",
    matches: /database or disk is full|no space left on device|disk quota exceeded/i,
    message: () => "the disk is full",
    hint: "free some space where the database and the logs are",
  },
  {
    cause: "port-taken",
    matches: /listen tcp\d? (\S+):(\d+): bind: address already in use/,
    message: (match) => `port ${match[2]} of ${match[1]} is taken`,
    hint: "end what listens there, or choose others with --port and --ui-port",
  },
  {
    // It takes a few for its inner services, one after the other, and another process may take the same at that moment.
    cause: "port-taken",
    matches: /failed assigning ephemeral port: failed to assign a free port: (.+)/,
    message: (match) => `Temporal got no free port for its inner services: ${match[1]}`,
    hint: "start it again; if that does not help, the machine is short of ports (`ss -s` counts them)",
  },
  {
    cause: "missing-folder",
    matches: /failed checking dir for database file: (?:stat )?(.+?): no such file or directory/,
    message: (match) => `the database's folder ${match[1]} does not exist`,
    hint: "make it with mkdir -p, or choose another --db-filename",
  },
  {
    cause: "bad-flag",
    matches: /bind: cannot assign requested address/,
    hint: "give an address of this machine with --ip and --ui-ip",
  },
  {
    cause: "bad-flag",
    matches: /bind: permission denied/,
    hint: "ports below 1024 are for root: choose others with --port and --ui-port",
  },
  { cause: "bad-flag", matches: /: invalid port$/, hint: "a port is a number from 1 to 65535" },
  {
    cause: "bad-flag",
    matches:
      /^(?:unknown (?:shorthand )?flag|unknown command|flag needs an argument|invalid argument|invalid (?:search attribute|pragma|dynamic config|log |JSON )|failed setting flag|.*cannot have more than \d+ search attributes)/,
    hint: "`temporal server start-dev --help` lists what it understands",
  },
  {
    cause: "wrong-platform",
    matches: /exec format error|cannot execute binary file|Bad CPU type in executable|\x7fELF|GLIBC_[\d.]+' not found/i,
    message: () => "the Temporal binary is for another platform",
    hint: "name one for this platform with --temporal-bin, or leave it out to use the managed one",
  },
  {
    cause: "out-of-resources",
    matches:
      /too many open files|pthread_create failed|cannot allocate memory|fatal error: (?:runtime: )?out of memory/i,
    hint: "give it more: `ulimit -a` shows the limits that it inherits, and is there memory left?",
  },
  {
    // A binary that was linked with the C library looks nowhere else; releases are not, and take USER (os/user).
    cause: "nameless-user",
    matches: /user: unknown userid (\d+)/,
    message: (match) => `this Temporal binary wants a name for user ${match[1]}, and /etc/passwd has none`,
    hint: "add the user to /etc/passwd; or leave out --temporal-bin: the managed binary does without",
  },
];

const SAID_NOTHING = "it wrote nothing: is it a Temporal binary, and whole?";
const DAMAGED = "the binary may be cut off or damaged: name another with --temporal-bin";

/** What an end by a signal hints at, where Temporal itself said nothing that is known. */
const SIGNAL_HINTS: Readonly<Record<string, string>> = {
  SIGKILL: "somebody killed it, perhaps the kernel for want of memory (`dmesg` tells)",
  SIGSEGV: DAMAGED,
  SIGBUS: DAMAGED,
  SIGILL: "the binary is for another processor than this: name another with --temporal-bin",
};

/** Says why Temporal ended, from its exit and the last of what it wrote. */
export function diagnoseExit(exit: TemporalExit): ExitDiagnosis {
  if (exit.spawnError !== undefined) return explainSpawnError(exit.spawnError);
  const texts = messagesOf(exit.lastWords);
  for (const text of texts.toReversed()) {
    for (const { cause, matches, message, hint } of PATTERNS) {
      const match = matches.exec(text);
      if (match === null) continue;
      const flag = cause === "port-taken" ? flagOf(Number(match[2]), exit.settings) : null;
      return {
        cause,
        message: message?.(match) ?? clip(text),
        hint: flag === null ? hint : `end what listens there, or choose another with ${flag}`,
      };
    }
  }
  const words = lastWords(exit.lastWords);
  const how = exit.signal !== null ? `it was ended by ${exit.signal}` : `it exited with ${exit.exitCode ?? "no code"}`;
  const isKilled = exit.signal === "SIGKILL";
  return {
    cause: "unknown",
    message: words === "" || isKilled ? how : `${how}: ${words}`,
    hint: SIGNAL_HINTS[exit.signal ?? ""] ?? (exit.lastWords.trim() === "" ? SAID_NOTHING : SEE_LOG),
  };
}

/** The flag that gives this port; null when none does. */
function flagOf(port: number, settings: Settings | undefined): string | null {
  if (settings === undefined) return null;
  const ports = { "--port": settings.port, "--ui-port": settings.uiPort, "--metrics-port": settings.metricsPort };
  return Object.entries(ports).find(([, each]) => each === port)?.[0] ?? null;
}

/**
 * The last thing of weight that Temporal wrote, freed of timestamps, usage text and the wrapping of its start-up
 * framework; empty when it wrote nothing.
 */
export function lastWords(output: string): string {
  return clip(messagesOf(output).at(-1) ?? "");
}

function explainSpawnError(code: string): ExitDiagnosis {
  if (code === "EACCES" || code === "EPERM") {
    return {
      cause: "not-executable",
      message: `the Temporal binary can't be executed (${code})`,
      hint: "check its permissions, and whether its disk is mounted noexec",
    };
  }
  if (code === "ENOEXEC" || code === "EBADARCH") {
    const known = PATTERNS.find((pattern) => pattern.cause === "wrong-platform");
    return {
      cause: "wrong-platform",
      message: `the Temporal binary is for another platform (${code})`,
      hint: known?.hint ?? SEE_LOG,
    };
  }
  if (code === "ENOENT") {
    // The file is there, or it would not have been chosen: what is missing is its interpreter or dynamic loader (execve(2)).
    return {
      cause: "wrong-platform",
      message: "the Temporal binary, or the interpreter that it names, is gone",
      hint: "name another with --temporal-bin",
    };
  }
  const isShortage = ["EAGAIN", "EMFILE", "ENFILE", "ENOMEM"].includes(code);
  return {
    cause: isShortage ? "out-of-resources" : "unknown",
    message: `the Temporal binary can't be started (${code})`,
    hint: SEE_LOG,
  };
}

/** The lines of weight, oldest first: errors of its log, as plain text, and what is no log line at all. */
function messagesOf(output: string): string[] {
  return withoutUsage(output).flatMap((line) => messageOf(line.trim()) || []);
}

/** The last lines of what Temporal wrote, but for how it is used, which it says at length of a flag that it does not know. */
export function withoutUsage(output: string): string[] {
  let isUsage = false;
  return output.split("\n").slice(-400).filter((line) => {
    if (line.startsWith("Usage:")) isUsage = true;
    else if (!/^(\s|$)/.test(line) && !/^(Flags|Global Flags):/.test(line)) isUsage = false;
    return !isUsage;
  });
}

/** What a line says; null for log lines below ERROR. */
function messageOf(line: string): string | null {
  if (line.startsWith("{")) {
    const entry = parseJson(line);
    if (entry !== null) return entry.level === "ERROR" ? unwrapped(String(entry.msg ?? "")) : null;
  }
  const level = /^time=\S+ level=(\S+) msg=/.exec(line);
  if (level === null) return line;
  if (level[1] !== "ERROR") return null;
  const rest = line.slice(level[0].length);
  const quoted = /^"(?:[^"\\]|\\.)*"/.exec(rest)?.[0];
  return unwrapped(quoted === undefined ? rest.split(" ")[0] ?? "" : unquoted(quoted));
}

function parseJson(line: string): { level?: unknown; msg?: unknown } | null {
  try {
    return JSON.parse(line) as { level?: unknown; msg?: unknown };
  } catch {
    return null;
  }
}

/** Go's quoting (strconv.Quote) is JSON's, but for a few escapes that are rare here. */
function unquoted(quoted: string): string {
  return String(
    parseJson(`{"msg":${quoted.replace(/\\[av]/g, " ").replace(/\\x(..)/g, "\\u00$1")}}`)?.msg ?? quoted.slice(1, -1),
  );
}

/** Without the chain of constructors that failed in turn (`could not build … (…/fx.go:825): …`), innermost cause last. */
function unwrapped(message: string): string {
  return message.replace(/^failed starting server: /, "").replace(/^.*\.(?:go|s):\d+\):?\s+/s, "").replace(
    /^.*\.go:\d+:\s+/s,
    "",
  );
}

function clip(text: string): string {
  const oneLine = text.replace(/\s+/g, " ").trim();
  return oneLine.length > 300 ? `${oneLine.slice(0, 299)}…` : oneLine;
}
