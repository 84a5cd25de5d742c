import { posix } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { absolutePath, instancePaths } from "../../lib/instance/paths.ts";

describe("instancePaths()", () => {
  it("keeps everything within the home, each thing at a place of its own", () => {
    const { home, program, ...places } = instancePaths("/home/me/my stigmer");
    const paths = Object.values(places);
    assertEquals([home, program], ["/home/me/my stigmer", "temporal"]);
    assert(paths.every((path) => path.startsWith(`${home}/`)));
    assertEquals(new Set(paths).size, paths.length);
  });

  it("has the names that others rely on", () => {
    const { record, processLock, supervisorLock, controlSocket, defaultDatabase, temporalLog, config } = instancePaths(
      "/h",
    );
    assertEquals([record, processLock, supervisorLock, controlSocket, defaultDatabase, temporalLog, config], [
      "/h/temporal.pid",
      "/h/temporal.lock",
      "/h/supervisor.lock",
      "/h/control.sock",
      "/h/temporal-data/temporal.db",
      "/h/logs/temporal.log",
      "/h/config.yaml",
    ]);
  });
});

describe("absolutePath()", () => {
  it("resolves as node:path does", () => {
    const part = fc.oneof(fc.constantFrom("", ".", "..", "a", "b c", "ü", "...", "~"), fc.string());
    const path = fc.array(part).map((parts) => parts.join("/"));
    fc.assert(fc.property(path, path, (relative, cwd) => {
      assertEquals(absolutePath(relative, `/${cwd}`), posix.resolve(`/${cwd}`, relative));
    }));
  });

  it("never leads above the root", () => {
    assertEquals(absolutePath("../../..", "/a"), "/");
    assertEquals(absolutePath("/../x/", "/a"), "/x");
  });
});
