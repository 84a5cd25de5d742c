/**
 * The tables that the server in Temporal 1.5.1 creates, except those of FTS5 indexes. Temporal stores no schema version
 * in a SQLite database: only its tables distinguish versions. It creates them only in a new database.
 */
const BASE_VERSION = "1.5.1";
const TABLES = [
  ...["activity_info_maps", "buffered_events", "build_id_to_task_queue", "chasm_node_maps"],
  ...["child_execution_info_maps", "cluster_membership", "cluster_metadata_info", "current_executions", "executions"],
  ...["executions_visibility", "executions_visibility_fts_keyword_list", "executions_visibility_fts_text"],
  ...["history_immediate_tasks", "history_node", "history_scheduled_tasks", "history_tree", "namespace_metadata"],
  ...["namespaces", "nexus_endpoints", "nexus_endpoints_partition_status", "queue", "queue_messages"],
  ...["queue_metadata", "queues", "replication_tasks", "replication_tasks_dlq", "request_cancel_info_maps", "shards"],
  ...["signal_info_maps", "signals_requested_sets", "task_queue_user_data", "task_queues", "task_queues_v2", "tasks"],
  ...["tasks_v2", "timer_info_maps", "timer_tasks", "transfer_tasks", "visibility_tasks"],
];

/** The newest version whose tables are known. */
export const NEWEST_VERSION = "1.8.2";
/** The tables that it creates beyond those of {@linkcode BASE_VERSION}. */
const ADDED = ["current_chasm_executions"];

/** Tables that every Temporal database on SQLite has. */
const ESSENTIAL = ["cluster_metadata_info", "executions", "history_node", "namespaces", "shards"];

const isOfIndex = (table: string) => /_fts_\w+_(config|content|data|docsize|idx)$|^sqlite_/.test(table);

/** The origin of a database, judged by its tables. */
export type SchemaOrigin =
  /** Has exactly the tables of this version; `lacking`: those that the newest known version creates. */
  | { kind: "known"; version: string; lacking: string[] }
  /** Lacks tables that every known version creates. */
  | { kind: "older"; missing: string[] }
  /** Has tables that no known version creates. */
  | { kind: "newer"; unknown: string[] }
  | { kind: "foreign" };

/** Compares a database's tables with those of the known versions of Temporal. */
export function schemaOrigin(tables: readonly string[]): SchemaOrigin {
  if (!ESSENTIAL.every((table) => tables.includes(table))) return { kind: "foreign" };
  const unknown = tables.filter((table) => !isOfIndex(table) && ![...TABLES, ...ADDED].includes(table));
  if (unknown.length > 0) return { kind: "newer", unknown };
  const missing = TABLES.filter((table) => !tables.includes(table));
  if (missing.length > 0) return { kind: "older", missing };
  const lacking = ADDED.filter((table) => !tables.includes(table));
  return { kind: "known", version: lacking.length > 0 ? BASE_VERSION : NEWEST_VERSION, lacking };
}

/** Describes the origin of a database. */
export function describeOrigin(origin: SchemaOrigin): string {
  switch (origin.kind) {
    case "known":
      return `the tables of Temporal ${origin.version}`;
    case "older":
      return `created by a Temporal older than ${BASE_VERSION}: lacks ${origin.missing.slice(0, 3).join(", ")}`;
    case "newer":
      return `created by a Temporal newer than ${NEWEST_VERSION}: also has ${origin.unknown.slice(0, 3).join(", ")}`;
    case "foreign":
      return "not a Temporal database: the tables are another program's";
  }
}
