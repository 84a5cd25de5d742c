import { isFailure } from "../../lib/errors/failure.ts";
import type { ErrorCode } from "../../lib/errors/local_error.ts";
import { type Status, statusExitCode } from "../../lib/instance/status/status.ts";
import type { ToolCall } from "./schedule.ts";
import { PROCESS_NAMES } from "./stack/project.ts";
import type { CallEnd } from "./tool.ts";

/** Events during a command that may explain its failure. */
export interface Circumstances {
  /** The signal that the command itself got, except SIGSTOP and SIGCONT. */
  hitBy: "SIGKILL" | "SIGTERM" | "SIGINT" | null;
  /** Its home's Temporal or supervisor was signalled. */
  wasHit: boolean;
  /** A stop was requested: `stop`, or SIGTERM or SIGINT to the supervisor. */
  wasStopped: boolean;
  /** Lock files were deleted or replaced. */
  lostLocks: boolean;
  /** Another home has the same database. */
  sharesDatabase: boolean;
  /** Its supervisor gives up after a number of restarts. */
  mayGiveUp: boolean;
  /** It has processes beside Temporal, and a project file that changes. */
  hasProcesses: boolean;
}

/** Signs of a bug in the tool, which no output and no supervisor's log may contain. */
const NEVER = [
  /"code": ?"internal"/,
  /"event":"(internal error|supervisor died|guard failed)"/,
  /^\s+at .*[:(]\d+:\d+\)?$/m,
  /\b(Uncaught|Unhandled|TypeError|ReferenceError|RangeError|SyntaxError)\b/,
  /^(error: Uncaught|fatal error|thread '.*' panicked)/m,
];

/** The first line of `text` that shows a bug in the tool; null when none does. */
export function findMistake(text: string): string | null {
  for (const pattern of NEVER) {
    const found = pattern.exec(text);
    if (found === null) continue;
    const from = text.lastIndexOf("\n", found.index) + 1;
    const to = text.indexOf("\n", found.index + found[0].length);
    return text.slice(from, to === -1 ? undefined : to).trim();
  }
  return null;
}

/** The outcome of a command, in a word for the counts; or why it is wrong. */
export function judge(
  call: ToolCall,
  end: CallEnd,
  circumstances: Circumstances,
): { outcome: string } | { wrong: string } {
  const mistake = findMistake(end.stdout) ?? findMistake(end.stderr);
  if (mistake !== null) return { wrong: `it reports an internal error: ${mistake}` };
  const { hitBy } = circumstances;
  if (end.signal !== null) {
    return end.signal === hitBy ? { outcome: `ended by ${hitBy}` } : { wrong: `it died from ${end.signal}` };
  }
  const answer = parse(end.stdout);
  if (answer === null) return { wrong: "it does not print one JSON document" };
  if ("error" in answer) return judgeFailure(call, end, answer.error, circumstances);
  return judgeAnswer(call, end.code, answer);
}

function judgeAnswer(call: ToolCall, code: number | null, answer: object): { outcome: string } | { wrong: string } {
  const status = answer as Status;
  const expected = call.command === "status" ? statusExitCode(status) : 0;
  if (code !== expected) return { wrong: `it exits with ${code} and state ${status.state}` };
  if (call.command === "stop") return { outcome: "done" };
  const isOver = status.state === "failed" || status.state === "stopped";
  if (call.command !== "status" && isOver) return { wrong: `it succeeds with state ${status.state}` };
  const isReady = status.state === "running" && status.healthy && status.temporal !== null;
  if (status.state === "running" && status.healthy && status.temporal === null) {
    return { wrong: "its state is running, but it names no Temporal" };
  }
  return { outcome: call.command === "status" ? status.state : isReady ? "ready" : `done, ${status.state}` };
}

function judgeFailure(
  call: ToolCall,
  end: CallEnd,
  error: unknown,
  circumstances: Circumstances,
): { outcome: string } | { wrong: string } {
  if (!isFailure(error)) return { wrong: "its error has no code and message" };
  const { code } = error;
  if (!mayFailWith(call, circumstances).includes(code)) return { wrong: `it fails with ${code}: ${error.message}` };
  const codes: (number | null)[] = [code === "usage" ? 2 : 1];
  if (circumstances.hitBy === "SIGINT") codes.push(130);
  if (circumstances.hitBy === "SIGTERM") codes.push(143);
  if (!codes.includes(end.code)) return { wrong: `it exits with ${end.code} for ${code}` };
  return { outcome: code };
}

/** The failures that the circumstances explain. `status` and `stop` may never fail. */
function mayFailWith(call: ToolCall, circumstances: Circumstances): ErrorCode[] {
  const isNamed = call.flags.some((flag) => (PROCESS_NAMES as readonly string[]).includes(flag));
  // One process can be stopped only while a supervisor responds, and named only while the project file declares it.
  const named: ErrorCode[] = isNamed ? ["not-running", "usage"] : [];
  if (call.command === "status" || call.command === "stop") return named;
  const codes: ErrorCode[] = [...named];
  if (circumstances.wasStopped || circumstances.hitBy !== null) codes.push("interrupted");
  if (circumstances.sharesDatabase) codes.push("database-busy");
  if (circumstances.wasHit) codes.push("launch-failed");
  if (circumstances.lostLocks) codes.push("database-busy", "port-taken");
  if (circumstances.mayGiveUp) codes.push("gave-up");
  if (circumstances.hasProcesses) codes.push("settings-differ");
  if (circumstances.hasProcesses && circumstances.wasHit) codes.push("process-failed");
  if (call.command === "wait") codes.push("timeout", "not-running");
  return codes;
}

function parse(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : null;
  } catch {
    return null;
  }
}
