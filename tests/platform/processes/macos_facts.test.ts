import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { assertEquals, assertMatch } from "@std/assert";
import { isLinux, withTempDir } from "../support.ts";

const SCRIPT = fileURLToPath(new URL("../../../scripts/macos_facts.sh", import.meta.url));

function run(path: string) {
  const env = { ...process.env, PATH: `${path}:${process.env["PATH"]}` };
  return spawnSync("/bin/sh", [SCRIPT], { encoding: "utf8", env, timeout: 60_000 });
}

describe("scripts/macos_facts.sh", () => {
  it("goes on to its end whatever fails on the way", () =>
    withTempDir((folder) => {
      writeFileSync(join(folder, "uname"), '#!/bin/sh\n[ "$#" -eq 0 ] && echo Darwin || echo arm64\n', { mode: 0o755 });
      const { status, stdout } = run(folder);
      assertEquals(status, 0);
      const titles = readFileSync(SCRIPT, "utf8").matchAll(/^fact "([^"]+)"/gm);
      assertEquals(
        [...stdout.matchAll(/^## (.+)$/gm)].map(([, title]) => title),
        [...titles].map(([, title]) => title!),
      );
    }));

  it("is for macOS only", { skip: !isLinux }, () => {
    const { status, stderr } = run("/usr/bin");
    assertEquals(status, 1);
    assertMatch(stderr, /this is Linux, not macOS/);
  });
});
