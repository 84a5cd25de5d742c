import { statSync } from "node:fs";
import { basename } from "node:path";
import { orNull } from "../errors/system_error.ts";
import { readHistory } from "../instance/event_log.ts";
import { logDocument } from "../logs/log_document.ts";
import { linesSince } from "../logs/log_lines.ts";
import { readTail } from "../logs/read_tail.ts";
import { rotatedAtMs } from "../logs/retention.ts";
import { rotatedLogs } from "../logs/rotate_log.ts";
import type { RunCheck } from "./context.ts";
import { diagnose, type HistoryEvent, judgeHistory, judgeLog } from "./findings.ts";

const HOUR_MS = 3_600_000;
/** Enough for the last hour of a healthy Temporal; for an unhealthy one the end suffices. */
const MAX_LOG_BYTES = 4 * 1024 * 1024;

/** Checks Temporal's log and the supervisor's history of the last hour. */
export const checkLogs: RunCheck = ({ paths, status, nowMs }) => {
  const sinceMs = nowMs - HOUR_MS;
  const text = readLastBytes(paths.temporalLog, sinceMs);
  const startedAtMs = status.temporal === null ? null : Date.parse(status.temporal.startedAt);
  const findings = [
    ...judgeLog(linesSince(text.split("\n"), sinceMs), startedAtMs),
    ...judgeHistory(readHistory(paths.history).flatMap(parseEvent), sinceMs),
  ];
  const detail = `no errors or crashes in the last hour of ${paths.temporalLog}`;
  return diagnose("log", findings, isLog(paths.temporalLog) ? detail : `no log yet at ${paths.temporalLog}`);
};

function isLog(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** The end of the log at `path`, including logs rotated since `sinceMs`: each restart begins a new one. */
function readLastBytes(path: string, sinceMs: number): string {
  let text = isLog(path) ? readTail(path, 0, MAX_LOG_BYTES) : "";
  for (const rotated of orNull(() => rotatedLogs(path))?.toReversed() ?? []) {
    const isRecent = (rotatedAtMs(basename(rotated), basename(path)) ?? 0) >= sinceMs;
    if (!isRecent || text.length >= MAX_LOG_BYTES) break;
    text = readTail(rotated, 0, MAX_LOG_BYTES - text.length) + text;
  }
  return text;
}

function parseEvent(line: string): HistoryEvent[] {
  const { time, message, fields } = logDocument(line);
  return time === null ? [] : [{ at: time, event: message, reason: fields["reason"], process: fields["process"] }];
}
