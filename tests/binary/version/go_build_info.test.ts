import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  buildInfoSection,
  modulesIn,
  sectionNames,
  sectionTable,
  temporalVersionsIn,
} from "../../../lib/binary/version/go_build_info.ts";

const MODULES = [
  "path\tgithub.com/temporalio/cli/cmd/temporal",
  "mod\tgithub.com/temporalio/cli\tv1.5.1\th1:sum=",
  "dep\tgo.temporal.io/sdk\tv1.37.0\th1:sum=",
  "dep\tgo.temporal.io/server\tv1.29.1\th1:sum=",
  "dep\tgolang.org/x/sys\tv0.1.0\th1:sum=",
  'build\t-ldflags="-s -w -X github.com/temporalio/cli/temporalcli.Version=1.5.1"',
  "build\tGOOS=linux",
  "",
].join("\n");

describe("modulesIn()", () => {
  it("gives the list between its marks", () => {
    assertEquals(modulesIn(section(MODULES)), MODULES);
  });

  it("gives nothing of what is cut, or from before Go 1.18", () => {
    const whole = section(MODULES);
    assertEquals(modulesIn(whole.subarray(0, whole.length - 1)), null);
    assertEquals(modulesIn(whole.with(15, 0)), null);
    assertEquals(modulesIn(new Uint8Array()), null);
  });
});

describe("temporalVersionsIn()", () => {
  it("tells the version that the build was given, and that of the server in it", () => {
    assertEquals(temporalVersionsIn(MODULES), { cli: "1.5.1", server: "1.29.1" });
  });

  it("leaves it to the program to say what the build does not", () => {
    assertEquals(temporalVersionsIn(MODULES.replace(/build\t-ldflags.*\n/, "")), null);
    assertEquals(temporalVersionsIn(MODULES.replace("Version=1.5.1", "Version=0.0.0-DEV+dirty!")), null);
    const replaced = MODULES.replace("v1.29.1\th1:sum=", "v1.29.1\t\n=>\t../server\t(devel)\t");
    assertEquals(temporalVersionsIn(replaced), { cli: "1.5.1", server: null });
  });

  it("knows no other program", () => {
    assertEquals(temporalVersionsIn(MODULES.replace("cmd/temporal", "cmd/other")), null);
    assertEquals(temporalVersionsIn(""), null);
  });
});

describe("sectionTable()", () => {
  it("never fails, whatever the bytes are", () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    fc.assert(fc.property(bytes, bytes, bytes, (head, sections, names) => {
      const elf = new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 2, 1, ...head]);
      const table = sectionTable(elf);
      if (table !== null) {
        sectionNames(sections, table);
        buildInfoSection(sections, table, names);
      }
      modulesIn(section("").map((byte, at) => head[at] ?? byte));
    }));
  });
});

/** A section as Go's linker writes it. */
function section(modules: string): Uint8Array {
  const text = (bytes: Uint8Array) => [(bytes.length & 0x7f) | 0x80, bytes.length >> 7, ...bytes];
  const encoder = new TextEncoder();
  const magic = [0xff, ...encoder.encode(" Go buildinf:"), 8, 2];
  const marked = new Uint8Array([...new Uint8Array(16), ...encoder.encode(modules), ...new Uint8Array(16)]);
  return new Uint8Array([...magic, ...new Uint8Array(16), ...text(encoder.encode("go1.26.0")), ...text(marked)]);
}
