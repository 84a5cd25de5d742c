/**
 * Every way in which this tool fails, as a stable code for scripts (`error.code` in `--json`).
 * Callers switch on the code, never on the message.
 */
export type ErrorCode =
  | "usage"
  | "unsupported-platform"
  | "home-unusable"
  | "config-unreadable"
  | "project-unusable"
  | "port-taken"
  | "database-busy"
  | "settings-differ"
  | "launch-failed"
  | "gave-up"
  | "process-failed"
  | "binary-not-found"
  | "install-failed"
  | "supervisor-unresponsive"
  | "not-running"
  | "no-ui"
  | "command-not-run"
  | "interrupted"
  | "timeout"
  | "stop-failed"
  | "lock-failed"
  | "no-database"
  | "database-unusable"
  | "sqlite-missing"
  | "backup-failed"
  | "file-exists"
  | "not-ours"
  | "unreachable"
  | "tls-failed"
  | "not-authorized"
  | "not-temporal"
  | "not-serving"
  | "namespace-missing"
  | "internal";

/** What a {@linkcode LocalError} carries besides its message. */
export interface LocalErrorOptions {
  /** What to do about it, in one line. */
  hint?: string | undefined;
  /** Plain data about the failure (`port`, `pid`, `path` …), printed by `--json`. */
  facts?: Record<string, unknown> | undefined;
  /** The exit code of a command that fails with this error. @default {1} */
  exitCode?: number;
  /** The error that caused this one. */
  cause?: unknown;
}

/** The one error family of this tool: what failed and why (message), what to do (hint), and the facts. */
export class LocalError extends Error {
  override readonly name = "LocalError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly facts: Record<string, unknown>;
  readonly exitCode: number;

  constructor(code: ErrorCode, message: string, options: LocalErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.facts = options.facts ?? {};
    this.exitCode = options.exitCode ?? (code === "usage" ? 2 : 1);
  }
}

/** The `code` of a system error (`ENOENT`, `EPERM` …), or undefined when `error` has none. */
export function systemErrorCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" ? code : undefined;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Whether a spawn failed because PATH does not have the program. execvp(3) also reports EACCES for that, if it cannot
 * search a directory of PATH.
 */
export function isNotOnPath(error: unknown): boolean {
  return ["ENOENT", "EACCES"].includes(systemErrorCode(error) ?? "");
}

/** Whether a launch failed because another process listens on its port, found by the preflight or by Temporal itself. */
export function hasLostPort(error: unknown): boolean {
  if (!(error instanceof LocalError)) return false;
  return error.code === "port-taken" || (error.code === "launch-failed" && error.facts["cause"] === "port-taken");
}
