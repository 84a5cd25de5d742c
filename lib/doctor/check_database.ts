import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findTemporal } from "../binary/find.ts";
import { DEFAULT_TEMPORAL_VERSION } from "../config/temporal_versions.ts";
import { type DatabaseFacts, settleCopy } from "../database/copy.ts";
import { copyWhileIdle } from "../database/copy_while_idle.ts";
import { refuseNewerDatabase } from "../database/downgrade_guard.ts";
import { isBeingMade } from "../database/files.ts";
import { describeOrigin, schemaOrigin } from "../database/schema.ts";
import { whyUnusable } from "../database/validate.ts";
import { LocalError, systemErrorCode } from "../errors/local_error.ts";
import { formatBytes } from "../text/byte_size.ts";
import { type DoctorContext, groupsOf, type RunCheck } from "./context.ts";
import { diagnose, type Finding } from "./findings.ts";

/** A larger one is not copied just to look at it, in bytes. */
const MAX_COPY_BYTES = 1e9;
/** How long a moment between two writes is waited for, in ms. */
const PATIENCE_MS = 3000;
/** A copy that was torn all the same, against all odds, would look damaged: so many must, in a row. */
const LOOKS = 2;

/** Who has the database open, whether it is whole, and which Temporal made it. */
export const checkData: RunCheck = async (context) => {
  const { settings: { dbFilename: path }, processes } = context;
  if (path === null) return diagnose("database", [], "in memory");
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) return diagnose("database", [], `${path} is not there yet: \`stigmer-local start\` makes it`);
  if (!info.isFile()) {
    const remedy = "Choose another --db-filename";
    return diagnose("database", [{ state: "fail", detail: `${path} is no file`, remedy }], "");
  }
  const { temporal } = groupsOf(context);
  const users = processes.fileUsers(path);
  const findings = users.filter(({ pid }) => temporal === null || processes.inspect(pid)?.pgid !== temporal)
    .map(({ pid, command }): Finding => ({
      state: "fail",
      detail: `pid ${pid} (${command}) has it open, too: a reader's lock alone can get Temporal stuck`,
      remedy: `kill ${pid}`,
    }));
  if (isBeingMade(path) && temporal === null) {
    findings.push({
      state: "warn",
      detail: "it was being made when Temporal was killed: the next start sets aside what can't be used",
      remedy: "stigmer-local start",
    });
    return diagnose("database", findings, "");
  }
  if (temporal === null) findings.push(...await versionTrouble(path, context));
  const seen = await look(path, info.size, users.length > 0);
  return diagnose("database", [...findings, ...seen.findings], `${path}, ${formatBytes(info.size)}, ${seen.detail}`);
};

/** Whether a start would be refused, because a newer Temporal has served the data. */
async function versionTrouble(path: string, { binary: options }: DoctorContext): Promise<Finding[]> {
  try {
    const { binary } = findTemporal(options);
    if (binary !== null) await refuseNewerDatabase(path, binary.path);
    return [];
  } catch (error) {
    if (!(error instanceof LocalError)) throw error;
    if (error.code === "binary-not-found") return []; // the check of the binary tells
    return [{ state: "fail", detail: error.message, ...(error.hint === undefined ? {} : { remedy: error.hint }) }];
  }
}

async function look(path: string, bytes: number, isInUse: boolean): Promise<{ findings: Finding[]; detail: string }> {
  const unchecked = (detail: string) => {
    const remedy = isInUse ? "stigmer-local backup FILE checks a copy" : undefined;
    return { findings: [{ state: "warn" as const, detail, ...(remedy === undefined ? {} : { remedy }) }], detail: "" };
  };
  if (bytes > MAX_COPY_BYTES) return { findings: [], detail: "too large to be checked here (`backup` checks it)" };
  let facts: DatabaseFacts | null = null;
  try {
    for (let n = 0; n < LOOKS && (facts === null || facts.problems.length > 0); n++) {
      facts = await checkCopy(path, isInUse);
      if (facts === null) return unchecked("it is being written to all the time, and was not checked");
    }
  } catch (error) {
    const why = error instanceof LocalError ? error.message : systemErrorCode(error);
    if (why === undefined) throw error;
    return unchecked(`it could not be checked: ${why}`);
  }
  const unusable = whyUnusable(facts!);
  if (unusable !== null) {
    const remedy = "stigmer-local restore BACKUP; without one, stigmer-local reset (which keeps it)";
    return { findings: [{ state: "fail", detail: `${path}: ${unusable}`, remedy }], detail: "" };
  }
  return { findings: [], detail: `whole, ${describeOrigin(schemaOrigin(facts!.tables), DEFAULT_TEMPORAL_VERSION)}` };
}

/** Null when it is written to all the time. */
async function checkCopy(path: string, isInUse: boolean): Promise<DatabaseFacts | null> {
  const folder = mkdtempSync(join(tmpdir(), "stigmer-doctor-"));
  try {
    const copy = join(folder, "copy.db");
    return await copyWhileIdle(path, copy, isInUse, PATIENCE_MS) ? await settleCopy(copy) : null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
