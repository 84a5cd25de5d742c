import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { compareVersions, isVersion, parseTemporalVersion } from "../../lib/config/temporal_versions.ts";

describe("parseTemporalVersion()", () => {
  it("parses a release", () => {
    const text = "temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)\n";
    assertEquals(parseTemporalVersion(text), { cli: "1.5.1", server: "1.29.1" });
  });

  it("parses a build of go install, which has no version", () => {
    const text = "temporal version 0.0.0-DEV (Server 1.29.1, UI 2.42.1)\n";
    assertEquals(parseTemporalVersion(text), { cli: null, server: "1.29.1" });
  });

  it("is null for another program", () => {
    assertEquals(parseTemporalVersion("git version 2.43.0"), null);
    assertEquals(parseTemporalVersion(""), null);
  });
});

describe("isVersion()", () => {
  it("accepts versions, and nothing that could be a path or a flag", () => {
    for (const text of ["1.5.1", "1.6.0-rc.1", "1.7.4-standalone-nexus-operations"]) assert(isVersion(text), text);
    for (const text of ["", "v1.5.1", "1.5", "latest", "1.5.1/../..", "-1.5.1", "1.5.1 "]) {
      assert(!isVersion(text), text);
    }
  });
});

describe("compareVersions()", () => {
  it("orders like SemVer", () => {
    const ordered = [
      "0.9.0",
      "1.0.0-alpha",
      "1.0.0-alpha.1",
      "1.0.0-alpha.beta",
      "1.0.0-rc.2",
      "1.0.0-rc.10",
      "1.0.0",
      "1.5.1",
      "1.10.0",
    ];
    for (const [i, a] of ordered.entries()) {
      for (const [j, b] of ordered.entries()) {
        assertEquals(Math.sign(compareVersions(a, b)), Math.sign(i - j), `${a} ${b}`);
      }
    }
  });

  it("is antisymmetric", () => {
    const version = fc.tuple(fc.nat(20), fc.nat(20), fc.nat(20), fc.constantFrom("", "-rc.1", "-rc.2", "-a"))
      .map(([a, b, c, pre]) => `${a}.${b}.${c}${pre}`);
    fc.assert(fc.property(version, version, (a, b) => {
      assertEquals(Math.sign(compareVersions(a, b)), 0 - Math.sign(compareVersions(b, a)));
    }));
  });
});
