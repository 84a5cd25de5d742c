import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { archiveName, RELEASE_TARGETS } from "../../lib/binary/download/release_files.ts";
import { RELEASE_SUMS } from "../../lib/binary/download/release_sums.ts";
import { read, ROOT } from "./support.ts";

const NODE = process.env["STIGMER_TEST_NODE"] ?? "node";

function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const command = ["--import", "tsx", "scripts/release_sums.ts", ...args];
  return new Promise((resolve) => {
    execFile(NODE, command, { cwd: ROOT }, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

describe("release_sums.ts", () => {
  it("prints the table in the source from a publisher's checksums.txt, or reports what is missing", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sums-"));
    try {
      const path = join(folder, "checksums.txt");
      const lines = RELEASE_TARGETS.map((target) =>
        `${RELEASE_SUMS["1.5.1"]![target]}  ${archiveName("1.5.1", target)}\n`
      );
      writeFileSync(path, lines.join(""));
      const { code, stdout } = await run("1.5.1", path);
      assertEquals(code, 0);
      assertStringIncludes(read("lib/binary/download/release_sums.ts"), stdout);
      writeFileSync(path, lines.slice(1).join(""));
      const cut = await run("1.5.1", path);
      assert(cut.code === 1 && cut.stderr.includes("does not list linux_amd64"), cut.stderr);
      assertEquals((await run("latest", path)).code, 2);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
