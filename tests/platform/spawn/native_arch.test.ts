import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { nativeArch } from "../../../lib/platform/spawn/native_arch.ts";

/** `sysctl -n hw.optional.arm64`, and how often it was asked. */
function sysctl(answer: string) {
  const asked: string[] = [];
  const run = (tool: string, args: readonly string[]) => {
    asked.push([tool, ...args].join(" "));
    return answer;
  };
  return { run, asked };
}

describe("nativeArch()", () => {
  it("asks the processor of a Mac on which this runtime may be translated, and nothing elsewhere", () => {
    const { run, asked } = sysctl("1\n");
    assertEquals(nativeArch("darwin", "x64", run), "arm64");
    assertEquals(asked, ["sysctl -n hw.optional.arm64"]);
    assertEquals([nativeArch("darwin", "arm64", run), nativeArch("linux", "x64", run)], ["arm64", "x64"]);
    assertEquals(asked.length, 1);
  });

  it("is that of an Intel processor, which has no such sysctl or answers 0", () => {
    for (const answer of ["", "0\n"]) assertEquals(nativeArch("darwin", "x64", sysctl(answer).run), "x64");
  });
});
