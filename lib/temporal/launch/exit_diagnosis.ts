import type { Settings } from "../../config/settings.ts";
import { clip, lastWords, messagesOf } from "../../logs/last_words.ts";
import { INSTALL_ROSETTA, KERNEL_LOG, liftQuarantine } from "../../text/macos_commands.ts";
import { placesOf } from "./places.ts";

/** Why Temporal exited, derived from its output. */
export type FailureCause =
  | "database-locked"
  | "database-corrupt"
  | "database-half-made"
  | "database-newer"
  | "database-unwritable"
  | "port-taken"
  | "disk-full"
  | "wrong-platform"
  | "bad-flag"
  | "missing-folder"
  | "out-of-resources"
  | "nameless-user"
  | "unknown";

/** How Temporal exited. */
export interface TemporalExit {
  /** The end of its output, or all of it. */
  lastWords: string;
  exitCode: number | null;
  signal: string | null;
  /** The settings of the launch. */
  settings?: Settings;
  /** Which file system is full, such as `only 0 B free at /data`. */
  fullDisk?: string | null;
  /** The path of the binary. */
  binary?: string;
  /** As `process.platform` names it. */
  platform?: string;
}

/** The explanation of an exit, for people. */
export interface ExitDiagnosis {
  cause: FailureCause;
  message: string;
  /** How to fix it. */
  hint: string;
}

interface Pattern {
  cause: FailureCause;
  matches: RegExp;
  /** The message, from the match and the names of the files; by default Temporal's own words. */
  message?: (match: RegExpExecArray, names: ReturnType<typeof fileNames>) => string;
  hint: string;
}

const SEE_LOG = "`stigmer-local logs` shows what it wrote before";
const FREE_SPACE = "Free some space for the database and the logs";
const SET_ASIDE = "`stigmer-local reset` sets it aside (nothing is deleted), and the next start creates a new one";

/**
 * Observed messages of Temporal 1.5.1 and 1.8.2, more specific ones first. The texts in parentheses are SQLite's result codes;
 * code 14 (can't open) is printed with the unrelated words "out of memory".
 */
const PATTERNS: readonly Pattern[] = [
  {
    cause: "database-locked",
    matches: /database is locked|SQLITE_BUSY/,
    message: (_, { database }) => `${database} is locked by another process`,
    hint: "End the process that has it open (`stigmer-local doctor` shows it), or choose another --db-filename",
  },
  {
    cause: "database-corrupt",
    matches: /file is not a database|database disk image is malformed/,
    message: (match, { database }) => `${database} cannot be read: ${match[0]}`,
    hint: `Restore a backup over it; or ${SET_ASIDE}`,
  },
  {
    cause: "database-half-made",
    // Tables that are queried before it serves; older and newer versions of Temporal create them too.
    matches: /no such table: (namespaces|cluster_metadata_info)\b/,
    message: (match, { database }) => `${database} is not a finished Temporal database: ${match[0]}`,
    hint: `${SET_ASIDE}; or choose another --db-filename`,
  },
  {
    cause: "database-newer",
    matches: /no such (?:table|column): \S+|has no column named \S+|NOT NULL constraint failed: \S+|schema version \S+/,
    message: (match, { database }) => `${database} was created by another version of Temporal: ${match[0]}`,
    hint: `Use the Temporal that created it (--temporal-bin); or ${SET_ASIDE}`,
  },
  {
    cause: "database-unwritable",
    matches: /attempt to write a readonly database|unable to open database file/,
    message: (match, { database }) => `${database} is not writable: ${match[0]}`,
    hint: "Check the permissions of the database and of its directory",
  },
  {
    cause: "database-unwritable",
    matches: /disk I\/O error/,
    message: (match, { database }) => `${database} cannot be read or written: ${match[0]}`,
    hint: "Check its disk, and the limit of the size of files (`ulimit -f`)",
  },
  {
    cause: "disk-full",
    matches: /database or disk is full|no space left on device|disk quota exceeded/i,
    message: () => "The disk is full",
    hint: FREE_SPACE,
  },
  {
    cause: "port-taken",
    matches: /listen tcp\d? (\S+):(\d+): bind: address already in use/,
    message: (match) => `Port ${match[2]} of ${match[1]} is taken`,
    hint:
      "End the process that listens there (`stigmer-local doctor` names it), or choose other ports with --port and --ui-port",
  },
  {
    // It allocates some for its internal services one by one, and another process may take the same at that moment.
    cause: "port-taken",
    matches: /failed assigning ephemeral port: failed to assign a free port: (.+)/,
    message: (match) => `Temporal found no free port for its internal services: ${match[1]}`,
    hint:
      "Start it again; if that does not help, the machine is short of ports (`ss -s` counts them, on macOS `netstat -an` lists them)",
  },
  {
    cause: "missing-folder",
    matches: /failed checking dir for database file: (?:stat )?(.+?): no such file or directory/,
    message: (match) => `The database's directory ${match[1]} does not exist`,
    hint: "Create it with `mkdir -p`, or choose another --db-filename",
  },
  {
    cause: "bad-flag",
    matches: /bind: can(?:not|'t) assign requested address/,
    hint: "Give an address of this machine with --ip and --ui-ip",
  },
  {
    cause: "bad-flag",
    matches: /bind: permission denied/,
    hint: "Ports below 1024 are reserved for root: choose others with --port and --ui-port",
  },
  { cause: "bad-flag", matches: /: invalid port$/, hint: "A port is a number from 1 to 65535" },
  {
    cause: "bad-flag",
    matches: /^unknown (?:shorthand )?flag/,
    hint:
      "`temporal server start-dev --help` lists the flags of this Temporal; another version may have it (--version)",
  },
  {
    cause: "bad-flag",
    matches:
      /^(?:unknown command|flag needs an argument|invalid argument|invalid (?:search attribute|pragma|dynamic config|log |JSON )|failed setting flag|.*cannot have more than \d+ search attributes)/,
    hint: "`temporal server start-dev --help` lists the valid arguments",
  },
  {
    cause: "wrong-platform",
    matches: /Bad CPU type in executable/i,
    message: (_, { binary }) => `${binary} is for another processor`,
    hint: `${INSTALL_ROSETTA}, or choose a binary for this processor with --temporal-bin`,
  },
  {
    cause: "wrong-platform",
    matches: /exec format error|cannot execute binary file|\x7fELF|GLIBC_[\d.]+' not found/i,
    message: (_, { binary }) => `${binary} is for another platform`,
    hint: "Choose one for this platform with --temporal-bin, or omit it to use the managed binary",
  },
  {
    cause: "out-of-resources",
    matches:
      /too many open files|pthread_create failed|cannot allocate memory|fatal error: (?:runtime: )?out of memory/i,
    hint: "Raise the limits (`ulimit -a` shows those that Temporal inherits), or free some memory",
  },
  {
    // A binary linked with the C library looks only there; releases are not, and use USER (os/user).
    cause: "nameless-user",
    matches: /user: unknown userid (\d+)/,
    message: (match, { binary }) => `${binary} requires a name for user ${match[1]}, but /etc/passwd has none`,
    hint:
      "Add the user to /etc/passwd (on macOS to the directory service); or omit --temporal-bin: the managed binary needs no user name",
  },
];

const NO_OUTPUT = "It printed nothing: check that the binary is a complete Temporal binary";
const DAMAGED = "The binary may be truncated or damaged: choose another with --temporal-bin";

/** Hints for an exit by a signal without a known message. */
const SIGNAL_HINTS: Readonly<Record<string, string>> = {
  SIGKILL: `Another process killed it, or the kernel because memory ran out (see ${KERNEL_LOG})`,
  SIGSEGV: DAMAGED,
  SIGBUS: DAMAGED,
  SIGILL: "The binary is built for another processor: choose another with --temporal-bin",
};

/**
 * Explains why Temporal exited, from its exit status and the end of its output. On a full disk its last words may be
 * missing, or about a consequence: a database that was not finished, or cannot be opened.
 */
export function diagnoseExit(exit: TemporalExit): ExitDiagnosis {
  const known = diagnoseOutput(exit);
  const isExplained = known.cause !== "unknown" && known.cause !== "disk-full" && !known.cause.startsWith("database-");
  if (exit.fullDisk == null || isExplained) return known;
  return { cause: "disk-full", message: `The disk is full: ${exit.fullDisk}`, hint: FREE_SPACE };
}

function diagnoseOutput(exit: TemporalExit): ExitDiagnosis {
  const texts = messagesOf(exit.lastWords);
  for (const text of texts.toReversed()) {
    for (const { cause, matches, message, hint } of PATTERNS) {
      const match = matches.exec(text);
      if (match === null) continue;
      const places = cause === "port-taken" && exit.settings !== undefined ? placesOf(exit.settings) : [];
      const flag = places.find(({ port }) => port === Number(match[2]))?.flag;
      return {
        cause,
        message: message?.(match, fileNames(exit)) ?? `Temporal failed to start: ${clip(text)}`,
        hint: flag === undefined
          ? hint
          : `End the process that listens there (\`stigmer-local doctor\` names it), or choose another port with ${flag}`,
      };
    }
  }
  const words = lastWords(exit.lastWords);
  const how = exit.signal !== null
    ? `Temporal was killed by ${exit.signal}`
    : `Temporal exited with code ${exit.exitCode ?? "unknown"}`;
  const isKilled = exit.signal === "SIGKILL";
  const isSilent = exit.lastWords.trim() === "";
  const mayBeQuarantined = isKilled && isSilent && exit.platform === "darwin" && exit.binary !== undefined;
  const hint = SIGNAL_HINTS[exit.signal ?? ""] ?? (isSilent ? NO_OUTPUT : SEE_LOG);
  return {
    cause: "unknown",
    message: words === "" || isKilled ? how : `${how}: ${words}`,
    hint: mayBeQuarantined ? `${liftQuarantine(exit.binary!)}; ${KERNEL_LOG} shows what killed it` : hint,
  };
}

/** How messages name the files of the launch. */
function fileNames({ settings, binary }: TemporalExit): { database: string; binary: string } {
  const database = settings?.dbFilename;
  return {
    database: database == null ? "The database" : `The database ${database}`,
    binary: binary === undefined ? "The Temporal binary" : `The Temporal binary ${binary}`,
  };
}
