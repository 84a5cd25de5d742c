import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { foreignFormatHere, nativeArch } from "../../../lib/platform/spawn/native_arch.ts";

/** `sysctl -n hw.optional.arm64`, and how often it was asked. */
function sysctl(answer: string) {
  const asked: string[] = [];
  const run = (tool: string, args: readonly string[]) => {
    asked.push([tool, ...args].join(" "));
    return answer;
  };
  return { run, asked };
}

const machO = (cpu: number) => Uint8Array.of(0xcf, 0xfa, 0xed, 0xfe, cpu, 0, 0, 1);
const ARM64 = machO(0x0c);
const X64 = machO(0x07);

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

describe("foreignFormatHere()", () => {
  const on = (arch: string) => () => arch;

  it("accepts arm64 programs under Rosetta, and x64 programs wherever Rosetta may be", () => {
    assertEquals(foreignFormatHere(ARM64, "darwin", "x64", on("arm64")), null);
    assertEquals(foreignFormatHere(X64, "darwin", "x64", on("arm64")), null);
    assertEquals(foreignFormatHere(X64, "darwin", "arm64", on("arm64")), null);
    assertEquals(foreignFormatHere(ARM64, "darwin", "x64", on("x64")), "darwin arm64");
  });

  it("does not ask about the processor on Linux", () => {
    const never = () => {
      throw new Error("asked");
    };
    assertEquals(foreignFormatHere(ARM64, "linux", "x64", never), "darwin arm64");
    assertEquals(foreignFormatHere(X64, "darwin", "x64", never), null);
  });
});
