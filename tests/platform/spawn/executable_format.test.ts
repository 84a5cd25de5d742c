import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { foreignFormat } from "../../../lib/platform/spawn/executable_format.ts";

function elf(machine: number): Uint8Array {
  const head = new Uint8Array(20);
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  head.set([machine % 256, machine >> 8], 18);
  return head;
}

function machO(cpu: number): Uint8Array {
  return Uint8Array.of(0xcf, 0xfa, 0xed, 0xfe, cpu, 0, 0, 1);
}

describe("foreignFormat()", () => {
  const on = (arch: string) => () => arch;

  it("accepts what was built for this platform", () => {
    assertEquals(foreignFormat(elf(62), "linux", on("x64")), null);
    assertEquals(foreignFormat(elf(183), "linux", on("arm64")), null);
    assertEquals(foreignFormat(machO(0x0c), "darwin", on("arm64")), null);
    assertEquals(foreignFormat(machO(0x07), "darwin", on("arm64")), null);
    assertEquals(foreignFormat(Uint8Array.of(0xca, 0xfe, 0xba, 0xbe), "darwin", on("x64")), null);
  });

  it("names the platform of what was built for another", () => {
    assertEquals(foreignFormat(elf(183), "linux", on("x64")), "linux arm64");
    assertEquals(foreignFormat(elf(62), "darwin", on("x64")), "linux x64");
    assertEquals(foreignFormat(elf(8), "linux", on("x64")), "linux machine 8");
    assertEquals(foreignFormat(machO(0x0c), "darwin", on("x64")), "darwin arm64");
    assertEquals(foreignFormat(machO(0x0c), "linux", on("arm64")), "darwin arm64");
    assertEquals(foreignFormat(Uint8Array.of(0x4d, 0x5a, 0, 0), "linux", on("x64")), "windows");
  });

  it("leaves scripts and what it doesn't know to the kernel", () => {
    for (const text of ["#!/bin/sh\n", "", "abc", "something else altogether"]) {
      assertEquals(foreignFormat(new TextEncoder().encode(text), "linux", on("x64")), null);
    }
  });

  it("asks about the processor only where it decides: a Mac runs x64 programs on both, by Rosetta", () => {
    const never = () => {
      throw new Error("asked");
    };
    assertEquals(foreignFormat(machO(0x07), "darwin", never), null);
    assertEquals(foreignFormat(machO(0x0c), "linux", never), "darwin arm64");
  });
});
