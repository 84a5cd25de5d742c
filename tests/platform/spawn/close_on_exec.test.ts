import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { assertEquals } from "@std/assert";
import { openLibrary } from "../../../lib/platform/locks/libc_deno.ts";
import { isDeno } from "../../../lib/platform/runtime/host.ts";
import { isLinux, scriptCommand, withTempDir } from "../support.ts";

const SCRIPT = fileURLToPath(new URL("../fixtures/list_leaking.ts", import.meta.url));
const CALLER = 'exec 3>/dev/null 12>/dev/null 63>/dev/null; exec "$@"';

describe("spawnClosed()", () => {
  // Node has marked what it found up to the first gap above 15; 63 is beyond it.
  const cases = [
    { runtime: "deno", flags: [], open: [12, 63], isHidden: true },
    { runtime: "deno", flags: ["--no-libc"], open: [12, 63], isHidden: false },
    { runtime: "node", flags: [], open: [63], isHidden: false },
  ] as const;
  for (const { runtime, flags, open, isHidden } of cases) {
    const how = [runtime, ...flags].join(", ");
    it(
      `names or hides all that the caller had open, and gives it back afterwards (${how})`,
      { skip: !isLinux },
      () =>
        withTempDir((folder) => {
          const told = join(folder, "told");
          writeFileSync(told, "");
          const { status } = spawnSync("bash", [
            "-c",
            CALLER,
            "bash",
            ...scriptCommand(runtime, SCRIPT),
            told,
            ...flags,
          ]);
          assertEquals(status, 0);
          const { leaking, childDuring, childAfter } = JSON.parse(readFileSync(told, "utf8"));
          const ofCaller = (fds: number[]) => fds.filter((fd) => [12, 63].includes(fd)); // 3 is what ls itself opens
          const during = isHidden ? [] : [...open];
          assertEquals([leaking, childDuring, childAfter].map(ofCaller), [during, during, [...open]]);
        }),
    );
  }
});

describe("openLibrary()", () => {
  it("is there under Deno alone", () => {
    const libc = openLibrary({});
    assertEquals(libc !== null, isDeno && ["linux", "darwin"].includes(process.platform));
    libc?.close();
  });
});
