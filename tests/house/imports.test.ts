import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assertEquals, assertGreater } from "@std/assert";
import { codeOf, importsOf, read, ROOT, sourceFiles } from "./support.ts";

/** Which rooms each room may import from, itself included. */
const ARROWS: Record<string, string[]> = {
  core: ["core"],
  system: ["system", "core"],
  temporal: ["temporal", "system", "core"],
  supervisor: ["supervisor", "temporal", "system", "core"],
  commands: ["commands", "supervisor", "temporal", "system", "core"],
  library: ["library", "commands", "supervisor", "temporal", "system", "core"],
};
const ENTRY = "stigmer-local.ts";
const FACE = "mod.ts";
const MOST_LINES = 300;

const lib = sourceFiles("lib");
const tops = sourceFiles(".").filter((path) => path === ENTRY || path === FACE);
const all = [...lib, ...tops];
const roomOf = (path: string): string | undefined => /^lib\/([^/]+)\//.exec(path)?.[1];

describe("the house", () => {
  it("is there, every file of lib in one of its rooms", () => {
    assertGreater(lib.length, 0);
    assertEquals(lib.filter((path) => !((roomOf(path) ?? "") in ARROWS)), []);
  });

  it("has imports in one direction only", () => {
    const wrong = lib.flatMap((path) =>
      importsOf(path)
        .filter((target) => target.path !== null && !ARROWS[roomOf(path)!]!.includes(roomOf(target.path) ?? ""))
        .map((target) => `${path} imports ${target.path}`)
    );
    assertEquals(wrong, []);
  });

  it("lets only the entry and the library import commands", () => {
    const wrong = [FACE, ...lib.filter((path) => !["commands", "library"].includes(roomOf(path)!))]
      .filter((path) => all.includes(path))
      .filter((path) => importsOf(path).some((target) => roomOf(target.path ?? "") === "commands"));
    assertEquals(wrong, []);
  });

  it("has no import that leads nowhere", () => {
    const wrong = all.flatMap((path) =>
      importsOf(path)
        .filter((target) => target.path !== null && !existsSync(join(ROOT, target.path)))
        .map((target) => `${path} imports ${target.path}`)
    );
    assertEquals(wrong, []);
  });

  it("has no import cycle", () => {
    assertEquals(findCycle(all), null);
  });

  it("imports nothing heavy at start: only node: and @std, the rest through import()", () => {
    const wrong = all.flatMap((path) =>
      importsOf(path)
        .filter((target) => target.path === null && !target.isDynamic && !/^(node:|@std\/)/.test(target.specifier))
        .map((target) => `${path} imports ${target.specifier}`)
    );
    assertEquals(wrong, []);
  });

  it("speaks of Deno only in lib/system", () => {
    const wrong = all.filter((path) => roomOf(path) !== "system" && /\bDeno\b/.test(codeOf(path)));
    assertEquals(wrong, []);
  });

  it("exits only in the two entries, by way of the host", () => {
    const hosts = ["lib/system/host_deno.ts", "lib/system/host_node.ts"];
    const byItself = /\b(process|Deno)\s*\.\s*(exit|reallyExit)\b/;
    assertEquals(all.filter((path) => !hosts.includes(path) && byItself.test(codeOf(path))), []);
    const throughHost = all.filter((path) => /\bhost\s*\.\s*exit\b/.test(codeOf(path)));
    assertEquals(throughHost, ["lib/supervisor/main.ts", ENTRY]);
  });

  it(`keeps every file of lib under ${MOST_LINES} lines`, () => {
    const wrong = lib.filter((path) => read(path).split("\n").length > MOST_LINES);
    assertEquals(wrong, []);
  });
});

/** A way through static imports from a file back to itself, or null. */
function findCycle(files: string[]): string[] | null {
  const done = new Set<string>();
  const walk = (path: string, trail: string[]): string[] | null => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return null;
    for (const target of importsOf(path)) {
      if (target.isDynamic || target.path === null || !files.includes(target.path)) continue;
      const cycle = walk(target.path, [...trail, path]);
      if (cycle) return cycle;
    }
    done.add(path);
    return null;
  };
  for (const file of files) {
    const cycle = walk(file, []);
    if (cycle) return cycle;
  }
  return null;
}
