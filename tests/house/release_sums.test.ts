import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { archiveName, RELEASE_TARGETS } from "../../lib/binary/download/release_files.ts";
import { RELEASE_SUMS } from "../../lib/binary/download/release_sums.ts";
import { DEFAULT_TEMPORAL_VERSION } from "../../lib/config/temporal_versions.ts";
import { answer, type Respond, withServer } from "../binary/download/support.ts";
import { withTempDir } from "../support.ts";
import { read, ROOT } from "./support.ts";

const NODE = process.env["STIGMER_TEST_NODE"] ?? "node";

type Ran = { code: number; stdout: string; stderr: string };

function run(args: readonly string[], mirror = "off"): Promise<Ran> {
  const command = ["--import", "tsx", "scripts/release_sums.ts", ...args];
  const env = { ...process.env, STIGMER_TEMPORAL_MIRROR: mirror };
  return new Promise((resolve) => {
    execFile(NODE, command, { cwd: ROOT, env }, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

describe("release_sums.ts", () => {
  it("prints the table in the source from a publisher's checksums.txt, or reports what is missing", () =>
    withTempDir(async (folder) => {
      const path = join(folder, "checksums.txt");
      const lines = RELEASE_TARGETS.map((target) =>
        `${RELEASE_SUMS["1.5.1"]![target]}  ${archiveName("1.5.1", target)}\n`
      );
      writeFileSync(path, lines.join(""));
      const { code, stdout } = await run(["1.5.1", path]);
      assertEquals(code, 0);
      assertStringIncludes(read("lib/binary/download/release_sums.ts"), stdout);
      writeFileSync(path, lines.slice(1).join(""));
      const cut = await run(["1.5.1", path]);
      assert(cut.code === 1 && cut.stderr.includes("does not list linux_amd64"), cut.stderr);
      assertEquals((await run(["latest", path])).code, 2);
    }));

  it("says when Temporal has released a newer version than the default", async () => {
    const sumsOf = (version: string): Respond => (socket, { path }) => {
      assertEquals(path, "/latest/checksums.txt");
      const lines = RELEASE_TARGETS.map((target) => `${"0".repeat(64)}  ${archiveName(version, target)}\n`);
      answer(socket, 200, { "content-length": lines.join("").length }, new TextEncoder().encode(lines.join("")));
    };
    const saidOf = (version: string) => withServer(sumsOf(version), ({ base }) => run([], base));
    const newer = await saidOf("99.0.0");
    assertEquals([newer.code, newer.stderr], [0, ""]);
    assertStringIncludes(
      newer.stdout,
      `99.0.0 is newer than the default, ${DEFAULT_TEMPORAL_VERSION}; no sum is pinned`,
    );
    assertStringIncludes((await saidOf(DEFAULT_TEMPORAL_VERSION)).stdout, "is the newest");
    const none = await run([]);
    assert(none.code === 1 && none.stderr.includes("Cannot find out the newest Temporal: downloads are disabled"));
  });
});
