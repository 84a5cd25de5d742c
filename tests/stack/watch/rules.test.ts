import { describe, it } from "node:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { isWithin } from "../../../lib/platform/files/is_within.ts";
import { inotifyLimit, isLeftOut, isOfEditor, outermost, refusalOf } from "../../../lib/stack/watch/rules.ts";

describe("refusalOf()", () => {
  const where = { project: "/home/me/project", ignored: ["/home/me/project/.stigmer"] };

  it("refuses the root, folders around the project, and the home", () => {
    assertEquals(refusalOf("/", where), "it is the root of the file system");
    assertEquals(refusalOf("/home/me", where), "it leads to /home/me, which contains the project");
    const inHome = "it is in /home/me/project/.stigmer, which the tool itself writes to";
    assertEquals(refusalOf("/home/me/project/.stigmer/logs", where), inHome);
    assertEquals(refusalOf("/", { project: "/", ignored: [] }), "it is the root of the file system");
  });

  it("permits the project, what is in it, and what is beside it", () => {
    for (const path of ["/home/me/project", "/home/me/project/src", "/home/me/project2", "/home/me/proj"]) {
      assertEquals(refusalOf(path, where), null);
    }
  });
});

describe("isLeftOut()", () => {
  it("leaves out .git, node_modules and the given folders, and no similar names", () => {
    const isOut = (path: string) => isLeftOut(path, ["/p/.stigmer"]);
    assertEquals(["/p/.git", "/p/a/node_modules", "/p/.stigmer"].map(isOut), [true, true, true]);
    assertEquals(["/p/.github", "/p/node_modules2", "/p/a/.stigmer", "/p/.gitignore"].some(isOut), false);
  });
});

describe("isOfEditor()", () => {
  it("knows swap files, locks, autosaves and backups from sources", () => {
    const isOut = (name: string) => isOfEditor(`/p/src/${name}`);
    const temporary = [".a.ts.swp", ".a.ts.swo", ".swp.swpx", "4913", ".#a.ts", "#a.ts#", "a.ts~", ".DS_Store"];
    assertEquals(temporary.filter((name) => !isOut(name)), []);
    const sources = ["a.swift", "a.swp", "4913.ts", "#a", ".env", ".a.ts", "~a", "a.sw", ".gitignore"];
    assertEquals(sources.filter(isOut), []);
  });
});

describe("isWithin() and outermost()", () => {
  it("compare whole names", () => {
    assertEquals([isWithin("/a", "/a"), isWithin("/a/b", "/a"), isWithin("/ab", "/a")], [true, true, false]);
    assertEquals(isWithin("/a", "/"), true);
    assertEquals(outermost(["/p/src/a", "/p/src", "/p/src", "/p/src2"]), ["/p/src", "/p/src2"]);
  });
});

describe("inotifyLimit()", () => {
  it("names the setting that is to be raised", () => {
    assertStringIncludes(inotifyLimit("ENOSPC")!.remedy, "sudo sysctl fs.inotify.max_user_watches=");
    assertStringIncludes(inotifyLimit("EMFILE")!.remedy, "sudo sysctl fs.inotify.max_user_instances=");
    assertEquals([inotifyLimit("EACCES"), inotifyLimit(undefined)], [null, null]);
  });
});
