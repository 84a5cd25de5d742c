import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findTemporal } from "../binary/find.ts";
import { compareVersions } from "../config/temporal_versions.ts";
import { copyWhileIdle } from "../database/copy_between_writes.ts";
import { type DatabaseFacts, settleCopy } from "../database/copy_files.ts";
import { refuseNewerDatabase } from "../database/downgrade_guard.ts";
import { isBeingMade } from "../database/files.ts";
import { otherUsers } from "../database/lock.ts";
import { describeOrigin, NEWEST_VERSION, schemaOrigin } from "../database/schema.ts";
import { whyUnusable } from "../database/validate.ts";
import { LocalError, systemErrorCode } from "../errors/local_error.ts";
import { describeObstacle } from "../instance/obstacle.ts";
import { formatBytes } from "../text/byte_size.ts";
import type { DoctorContext, RunCheck } from "./context.ts";
import { diagnose, failed, type Finding, warning } from "./findings.ts";

/** Larger databases are not copied for a check, in bytes. */
const MAX_COPY_BYTES = 1e9;
/** How long to wait for an idle moment between writes, in ms. */
const IDLE_TIMEOUT_MS = 3000;
/** A copy torn by a write would look damaged: this many consecutive ones must. */
const ATTEMPTS = 2;

/** Checks which processes have the database open, whether it is intact, and which Temporal created it. */
export const checkData: RunCheck = async (context) => {
  const { settings: { dbFilename: path }, processes } = context;
  if (path === null) return diagnose("database", [], "in memory");
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) {
    return diagnose("database", [], `${path} does not exist yet; \`stigmer-local start\` creates it`);
  }
  if (!info.isFile()) {
    return diagnose("database", [failed(`${path} is not a regular file`, "Choose another --db-filename")]);
  }
  const temporal = context.evidence.found?.pgid ?? null;
  const others = otherUsers(path, temporal, processes);
  const findings = others.map((user) => {
    const { who, remedy } = describeObstacle(user, processes);
    return failed(`${who} has it open, too; even a read lock can block Temporal for good`, remedy);
  });
  if (isBeingMade(path) && temporal === null) {
    const detail = "Temporal was killed while creating it; the next start sets it aside if it is unusable";
    return diagnose("database", [...findings, warning(detail, "stigmer-local start")]);
  }
  if (temporal === null) findings.push(...await checkDowngrade(path, context));
  const isInUse = temporal !== null || others.length > 0;
  const content = await checkContent(path, info.size, isInUse, context.status.temporal?.version ?? null);
  if (typeof content !== "string") findings.push(...content);
  return diagnose("database", findings, `${path}, ${formatBytes(info.size)}, ${content}`);
};

/** Whether a start would be refused because a newer Temporal has used the database. */
async function checkDowngrade(path: string, { binary: options }: DoctorContext): Promise<Finding[]> {
  try {
    const { binary } = findTemporal(options);
    if (binary !== null) await refuseNewerDatabase(path, binary.path);
    return [];
  } catch (error) {
    if (!(error instanceof LocalError)) throw error;
    if (error.code === "binary-not-found") return []; // checkBinary reports it
    return [failed(error.message, error.hint)];
  }
}

/** What is wrong with the content; in words if nothing is. */
async function checkContent(
  path: string,
  bytes: number,
  isInUse: boolean,
  served: string | null,
): Promise<Finding[] | string> {
  const unchecked = (detail: string) => [
    warning(detail, isInUse ? "stigmer-local backup FILE checks a copy" : undefined),
  ];
  if (bytes > MAX_COPY_BYTES) return "too large to check here (`backup` checks it)";
  let facts: DatabaseFacts | null = null;
  try {
    for (let n = 0; n < ATTEMPTS && (facts === null || facts.problems.length > 0); n++) {
      facts = await checkCopy(path, isInUse);
      if (facts === null) return unchecked("not checked, because it is constantly written to");
    }
  } catch (error) {
    const why = error instanceof LocalError ? error.message : systemErrorCode(error);
    if (why === undefined) throw error;
    return unchecked(`could not check it: ${why}`);
  }
  const unusable = whyUnusable(facts!);
  if (unusable !== null) {
    const remedy = "stigmer-local restore BACKUP; without one, stigmer-local reset (which keeps it)";
    return [failed(`${path}: ${unusable}`, remedy)];
  }
  const origin = schemaOrigin(facts!.tables);
  // Temporal does not add to an existing SQLite database what newer versions create in a new one.
  const isOutgrown = origin.kind === "known" && origin.lacking.length > 0 && served !== null &&
    compareVersions(served, NEWEST_VERSION) >= 0;
  if (!isOutgrown) return `intact, ${describeOrigin(origin)}`;
  const detail = `created by an older Temporal: lacks ${origin.lacking.join(", ")}, so some features of ${served} fail`;
  return [warning(detail, "stigmer-local reset (which keeps it), when you need these features")];
}

/** The facts about a copy; null if the database is constantly written to. */
async function checkCopy(path: string, isInUse: boolean): Promise<DatabaseFacts | null> {
  const folder = mkdtempSync(join(tmpdir(), "stigmer-doctor-"));
  try {
    const copy = join(folder, "copy.db");
    return await copyWhileIdle(path, copy, isInUse, IDLE_TIMEOUT_MS) ? await settleCopy(copy) : null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
