import { readFileSync } from "node:fs";
import process from "node:process";
import { describe, it } from "node:test";
import { assertLess } from "@std/assert";
import { releaseExecutable } from "../../../lib/platform/files/release_executable.ts";
import { isDeno } from "../../../lib/platform/runtime/host.ts";

/** Pages of files in our memory, in kB. */
function fileMemory(): number {
  return Number(/^RssFile:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
}

describe("releaseExecutable()", () => {
  it("takes less memory afterwards, and harms nothing", { skip: !isDeno || process.platform !== "linux" }, () => {
    const before = fileMemory();
    releaseExecutable();
    assertLess(fileMemory(), before);
    for (let round = 0; round < 3; round++) {
      releaseExecutable();
      JSON.parse(JSON.stringify(Array.from({ length: 10_000 }, (_, n) => ({ n, text: `${n}` }))));
    }
  });

  it("does nothing where it can't", { skip: isDeno }, () => {
    releaseExecutable();
  });
});
