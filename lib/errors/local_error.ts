/**
 * Every way in which this tool fails, as a stable word for scripts (`error.code` in `--json`).
 * Callers switch on it, never on the message.
 */
export type ErrorCode =
  | "usage"
  | "unsupported-platform"
  | "home-unusable"
  | "config-unreadable"
  | "port-taken"
  | "database-busy"
  | "settings-differ"
  | "launch-failed"
  | "gave-up"
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

/** What a {@linkcode LocalError} carries beside its message. */
export interface LocalErrorOptions {
  /** What to do about it, one line. */
  hint?: string;
  /** Plain data about the failure (`port`, `pid`, `path` …), printed by `--json`. */
  facts?: Record<string, unknown>;
  /** The exit code of the command that ends with this error. @default {1} */
  exitCode?: number;
  /** The error that led to this one. */
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

/**
 * Whether a program that was named without a folder was found nowhere, by the error of its spawn. EACCES says that, too, where
 * a folder of PATH can't be searched (execvp(3)).
 */
export function isNotOnPath(error: unknown): boolean {
  return ["ENOENT", "EACCES"].includes(systemErrorCode(error) ?? "");
}
