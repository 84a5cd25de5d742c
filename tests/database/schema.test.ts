import { describe, it } from "node:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { describeOrigin, schemaOrigin } from "../../lib/database/schema.ts";

const ESSENTIAL = ["cluster_metadata_info", "executions", "history_node", "namespaces", "shards"];

describe("schemaOrigin()", () => {
  it("tells another program's database", () => {
    assertEquals(schemaOrigin([]), { kind: "foreign" });
    assertEquals(schemaOrigin(["executions", "recipes"]), { kind: "foreign" });
  });

  it("tells an older Temporal by what is missing, and a newer one by what is unknown, an index's tables left out", () => {
    const older = schemaOrigin([...ESSENTIAL, "executions_visibility_fts_text_config", "sqlite_sequence"]);
    assertEquals(older.kind, "older");
    assertStringIncludes(describeOrigin(older), "older than 1.5.1: lacks activity_info_maps");
    const newer = schemaOrigin([...ESSENTIAL, "time_machines"]);
    assertEquals(newer, { kind: "newer", unknown: ["time_machines"] });
    assertStringIncludes(describeOrigin(newer), "newer than 1.8.2: also has time_machines");
  });
});
