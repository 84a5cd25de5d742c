import { readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Clone, inClone, isThere } from "./clone.ts";

const SHOW = 'for word; do echo "[$word]"; done; exit 3';
const launcherOf = (clone: Clone) => join(clone.root, "prefix/bin/stigmer-local");
const fileOf = (clone: Clone) => join(clone.root, "prefix/lib/stigmer-local/stigmer-local.mjs");

/** Runs `body` in a clone whose one file is installed under `prefix`. */
const withInstalled = (body: (clone: Clone) => Promise<void>) =>
  inClone(async (clone) => {
    for (const name of ["stigmer-local.mjs", "stigmer-local.mjs.map"]) clone.write(`dist/${name}`, name);
    const { code, stdout, stderr } = await clone.run("install.sh", join(clone.root, "prefix"));
    assertEquals([code, stdout], [0, `Installed ${launcherOf(clone)}\n`], stderr);
    assertStringIncludes(stderr, "is not on PATH");
    await body(clone);
  });

describe("install.sh", () => {
  it("installs the file, its map and a launcher under the prefix, and removes them", () =>
    withInstalled(async (clone) => {
      assertEquals(readFileSync(fileOf(clone), "utf8"), "stigmer-local.mjs");
      assertEquals(readdirSync(join(fileOf(clone), "..")).sort(), ["stigmer-local.mjs", "stigmer-local.mjs.map"]);
      assertEquals((await clone.run("install.sh", join(clone.root, "prefix"))).code, 0, "again");
      assertEquals((await clone.run("install.sh", "--remove", join(clone.root, "prefix"))).code, 0);
      assertEquals(readdirSync(join(clone.root, "prefix"), { recursive: true }).sort(), ["bin", "lib"]);
      const { code, stdout } = await clone.run("install.sh", "--remove", join(clone.root, "prefix"));
      assertEquals(code, 0);
      assertStringIncludes(stdout, "is not installed");
    }));

  it("expands ~ in the prefix, which not every shell does", () =>
    inClone(async (clone) => {
      for (const name of ["stigmer-local.mjs", "stigmer-local.mjs.map"]) clone.write(`dist/${name}`, name);
      assertEquals((await clone.run("install.sh", "~/.local")).code, 0);
      assert(isThere(join(clone.root, "home/.local/bin/stigmer-local")));
    }));

  it("keeps a command of this name that it did not install", () =>
    inClone(async (clone) => {
      clone.write("prefix/bin/stigmer-local", "mine");
      for (const args of [[], ["--remove"]]) {
        const { code, stderr } = await clone.run("install.sh", ...args, join(clone.root, "prefix"));
        assertEquals(code, 1);
        assertStringIncludes(stderr, "was not installed by `make install`");
        assertEquals(readFileSync(launcherOf(clone), "utf8"), "mine");
      }
    }));
});

describe("the launcher", () => {
  it("runs the file with Deno, else with Node, through links", () =>
    withInstalled(async (clone) => {
      const link = join(clone.root, "link");
      symlinkSync("prefix/bin/stigmer-local", link);
      clone.install("node", SHOW);
      const node = await clone.execute(link, "status", "a b");
      assertEquals(node.code, 3);
      assert(node.stdout.endsWith("/lib/stigmer-local/stigmer-local.mjs]\n[status]\n[a b]\n"), node.stdout);
      assert(node.stdout.startsWith("[/"), node.stdout);
      clone.install("deno", SHOW);
      const deno = await clone.execute(link, "status", "a b");
      assertEquals(deno.code, 3);
      assert(deno.stdout.startsWith("[run]\n[-A]\n"), deno.stdout);
      assert(deno.stdout.endsWith("/lib/stigmer-local/stigmer-local.mjs]\n[status]\n[a b]\n"), deno.stdout);
    }));

  it("fails clearly without a runtime, or without the file", () =>
    withInstalled(async (clone) => {
      const bare = await clone.execute(launcherOf(clone), "status");
      assertEquals([bare.code, bare.stdout], [127, ""]);
      assertStringIncludes(bare.stderr, "Found neither Deno nor Node on PATH");
      rmSync(fileOf(clone));
      const empty = await clone.execute(launcherOf(clone), "status");
      assertEquals(empty.code, 1);
      assertStringIncludes(empty.stderr, "is missing\nhint: ");
    }));
});
