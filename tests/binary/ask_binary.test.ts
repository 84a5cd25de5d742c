import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { answerDeadlineMs, readTemporalVersion } from "../../lib/binary/ask_binary.ts";
import { LocalError } from "../../lib/errors/local_error.ts";
import { realTemporal, withTempDir } from "../support.ts";

function script(folder: string, text: string): string {
  const path = join(folder, "temporal");
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return path;
}

describe("readTemporalVersion()", () => {
  it("asks the real binary", async () => {
    const versions = await readTemporalVersion(realTemporal());
    assert(/^\d+\.\d+\.\d+/.test(versions.server ?? ""), JSON.stringify(versions));
  });

  it("keeps TEMPORAL_* from the binary", () =>
    withTempDir(async (folder) => {
      process.env["TEMPORAL_TEST_MARK"] = "here";
      try {
        const path = script(folder, 'echo "temporal version 1.0.0${TEMPORAL_TEST_MARK:+-marked}"');
        assertEquals((await readTemporalVersion(path)).cli, "1.0.0");
      } finally {
        delete process.env["TEMPORAL_TEST_MARK"];
      }
    }));

  it("refuses another program", () =>
    withTempDir(async (folder) => {
      await assertRejects(() => readTemporalVersion(script(folder, "echo hello")), LocalError, "does not print");
      await assertRejects(() => readTemporalVersion(join(folder, "none")), LocalError, "ENOENT");
    }));

  it("names the quarantine of macOS where the binary is killed as soon as it runs", () =>
    withTempDir(async (folder) => {
      const path = script(folder, "kill -9 $$");
      const ask = (platform: string) => readTemporalVersion(path, undefined, undefined, platform);
      const error = await assertRejects(() => ask("darwin"), LocalError, "killed as soon as it runs");
      assertEquals(error.hint, `If a browser downloaded it, run \`xattr -d com.apple.quarantine '${path}'\``);
      await assertRejects(() => ask("linux"), LocalError, "does not print");
    }));

  it("gives a binary minutes on macOS, which checks it before its first run", () => {
    assertEquals([answerDeadlineMs("linux"), answerDeadlineMs("darwin")], [10_000, 120_000]);
  });

  it("tells a binary that prints nothing in time from one that is none", () =>
    withTempDir(async (folder) => {
      const path = script(folder, "sleep 60");
      const error = await assertRejects(() => readTemporalVersion(path, undefined, 200), LocalError, "within 0.2 s");
      assertEquals([error.code, error.facts["isSilent"]], ["binary-not-found", true]);
    }));

  it("does not wait for a child that keeps the output open", () =>
    withTempDir(async (folder) => {
      const path = script(folder, "sleep 60 &\necho $! > ${0%/*}/child\ntrap '' TERM\nwhile :; do sleep 1; done");
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error("enough")), 300);
      const began = performance.now();
      await assertRejects(() => readTemporalVersion(path, controller.signal), Error, "enough");
      assert(performance.now() - began < 5_000);
    }));
});
