import { execFile, spawnSync } from "node:child_process";
import { LocalError, systemErrorCode } from "../../errors/local_error.ts";

/** Runs a system tool and returns its stdout, whatever its exit code. */
export type RunTool = (tool: string, args: readonly string[]) => string;

/** Like {@linkcode RunTool}, without blocking. */
export type RunToolLater = (tool: string, args: readonly string[]) => Promise<string>;

/** Where a system tool is. */
export interface ToolPlace {
  /** Absolute path of the program. */
  path: string;
  /** Its limit of open descriptors. @default that of this process */
  maxDescriptors?: number;
}

/**
 * The tools of macOS, by absolute paths: another `ps` (of Nix) has no entitlement to see the state of processes, another
 * `lsof` (of Homebrew) prints other fields.
 *
 * lsof(8) closes every descriptor up to its limit at its start, twice. Node and Deno raise the limit to
 * `kern.maxfilesperproc`, and their children inherit it: 0.2 s per run, or minutes.
 */
export const DARWIN_TOOLS: Readonly<Record<string, ToolPlace>> = {
  ps: { path: "/bin/ps" },
  lsof: { path: "/usr/sbin/lsof", maxDescriptors: 256 },
  sysctl: { path: "/usr/sbin/sysctl" },
  mount: { path: "/sbin/mount" },
};

/**
 * Fixes zone, language and dialect of the output: a zone that changes (a laptop that travels) would change the start time
 * of a running process. The character set is UTF-8, so that paths are printed as they are. Deno adds the variables of
 * this process that are not named here, so those that matter are named even where they are empty (unset, for
 * setlocale(3)). `COMMAND_MODE` selects an older `ps`, see compat(5).
 */
const ENVIRONMENT = {
  PATH: "/usr/bin:/bin:/usr/sbin:/sbin",
  TZ: "UTC0",
  LANG: "C",
  LC_ALL: "",
  LC_COLLATE: "C",
  LC_CTYPE: "UTF-8",
  LC_MESSAGES: "C",
  LC_NUMERIC: "C",
  LC_TIME: "C",
  COMMAND_MODE: "unix2003",
};

/** Timeout in ms: lsof can hang on an unresponsive file server. */
const DEADLINE_MS = 10_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Exit codes of a shell for a program that is not executable or not found (POSIX, 2.8.2); no tool has them itself. */
const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;

const OPTIONS = {
  encoding: "utf8",
  env: ENVIRONMENT,
  timeout: DEADLINE_MS,
  maxBuffer: MAX_OUTPUT_BYTES,
} as const;

/** How a run of a tool went. Under Deno all of it is missing for a program that may not be executed. */
interface ToolEnd {
  stdout?: string | null;
  status?: number | null;
  signal?: string | null;
  error?: unknown;
}

/**
 * Runs a tool of macOS. Blocks meanwhile (`ps` and `sysctl` 5–10 ms, `lsof` 20 ms and more): no signal is handled.
 *
 * @param places Where the tools are.
 * @throws {LocalError} `internal` if the tool is missing, may not be run (in a sandbox), is killed, or takes 10 s
 */
export function runTool(tool: string, args: readonly string[], places = DARWIN_TOOLS): string {
  const [program, ...allArgs] = commandOf(places[tool]!, args);
  const end: ToolEnd = spawnSync(program!, allArgs, { ...OPTIONS, stdio: ["ignore", "pipe", "ignore"] });
  return outputOf(end, tool, args, places[tool]!);
}

/**
 * Like {@linkcode runTool}, without blocking: for what the supervisor asks regularly.
 *
 * @throws {LocalError} as {@linkcode runTool} does
 */
export async function runToolLater(tool: string, args: readonly string[], places = DARWIN_TOOLS): Promise<string> {
  const [program, ...allArgs] = commandOf(places[tool]!, args);
  const end = await new Promise<ToolEnd>((resolve) => {
    try {
      const child = execFile(program!, allArgs, OPTIONS, (error, stdout) => {
        const { code, killed, signal } = error ?? { code: 0, killed: false, signal: null };
        if (killed === true) resolve({ stdout, status: null, error: { code: "ETIMEDOUT" } });
        else resolve(typeof code === "string" ? { error } : { stdout, status: code ?? null, signal: signal ?? null });
      });
      child.stdin?.end();
    } catch (error) {
      resolve({ error }); // Deno reports a program that may not be executed at once
    }
  });
  return outputOf(end, tool, args, places[tool]!);
}

function commandOf({ path, maxDescriptors }: ToolPlace, args: readonly string[]): string[] {
  if (maxDescriptors === undefined) return [path, ...args];
  return ["/bin/sh", "-c", `ulimit -n ${maxDescriptors}; exec "$0" "$@"`, path, ...args];
}

function outputOf(end: ToolEnd, tool: string, args: readonly string[], { path }: ToolPlace): string {
  const { stdout, status, signal, error } = end;
  const hasRun = error === undefined && typeof status === "number" && typeof stdout === "string";
  if (hasRun && status !== NOT_EXECUTABLE && status !== NOT_FOUND) return stdout;
  const code = systemErrorCode(error);
  const [reason, hint] = explain(path, code ?? status ?? signal ?? null);
  throw new LocalError("internal", `Cannot run ${tool}: ${reason}`, {
    hint,
    facts: { tool, args, path, systemError: code ?? null, exitCode: status ?? null, signal: signal ?? null },
    cause: error,
  });
}

/** @param seen The code of the system's error, else the exit code or the signal; null if there is none of them. */
function explain(path: string, seen: string | number | null): [reason: string, hint: string] {
  if (seen === "ENOENT" || seen === NOT_FOUND) return [`${path} was not found`, `Restore ${path}, a part of macOS`];
  if (seen === "ETIMEDOUT") {
    return [
      `no result within ${DEADLINE_MS / 1000} s`,
      "Look for an unresponsive file server with `mount`, and unmount it",
    ];
  }
  if (seen === "ENOBUFS") return ["its output is larger than 64 MB", `Run ${path} by hand to see what it prints`];
  const isRefused = seen === null || seen === NOT_EXECUTABLE || seen === "EACCES" || seen === "EPERM";
  return [
    isRefused ? `permission to execute ${path} is denied` : `it failed (${seen})`,
    "In a sandbox, allow /bin/ps, /usr/sbin/lsof and /usr/sbin/sysctl, or run this command outside it",
  ];
}
