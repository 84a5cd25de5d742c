import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { assertEquals } from "@std/assert";
import { openLibrary } from "../../../lib/platform/locks/libc_deno.ts";
import { isDeno } from "../../../lib/platform/runtime/host.ts";
import { setCloseOnExec } from "../../../lib/platform/spawn/close_on_exec.ts";
import { isLinux, scriptCommand, withTempDir } from "../support.ts";

const SCRIPT = fileURLToPath(new URL("../fixtures/list_leaking.ts", import.meta.url));
const CALLER = 'exec 3>/dev/null 12>/dev/null 63>/dev/null; exec "$@"';

describe("maskDescriptors()", () => {
  for (const runtime of ["deno", "node"] as const) {
    it(
      `names or hides all that the caller had open, and gives it back afterwards (${runtime})`,
      { skip: !isLinux },
      () =>
        withTempDir((folder) => {
          const told = join(folder, "told");
          writeFileSync(told, "");
          const { status } = spawnSync("bash", ["-c", CALLER, "bash", ...scriptCommand(runtime, SCRIPT), told]);
          assertEquals(status, 0);
          const { withLibc, withoutLibc, childDuring, childAfter } = JSON.parse(readFileSync(told, "utf8"));
          const ofCaller = (fds: number[]) => fds.filter((fd) => [12, 63].includes(fd)); // 3 is what ls itself opens
          // Node has marked what it found up to the first gap above 15; 63 is beyond it.
          const leaking = runtime === "deno" ? [12, 63] : [63];
          assertEquals(ofCaller(withoutLibc), leaking);
          assertEquals(withLibc, runtime === "deno" ? [] : withoutLibc);
          assertEquals(ofCaller(childDuring), runtime === "deno" ? [] : leaking);
          assertEquals(ofCaller(childAfter), leaking);
        }),
    );
  }

  it("has nothing to do under Node on macOS", () => {
    if (!isDeno) assertEquals(setCloseOnExec("darwin", null).leaking, []);
  });
});

describe("openLibrary()", () => {
  it("is there under Deno alone", () => {
    const libc = openLibrary({});
    assertEquals(libc !== null, isDeno && ["linux", "darwin"].includes(process.platform));
    libc?.close();
  });
});
