import { mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { type Clone, inClone, isThere } from "./clone.ts";

/** Deno's cache on this system, under the home of the clone. */
const CACHE = process.platform === "darwin" ? "home/Library/Caches/deno/remote" : "home/.cache/deno/remote";

describe("deno_config.sh", () => {
  it("picks deno.json when the real packages are cached, and remembers it while the cache exists", () =>
    inClone(async (clone) => {
      clone.install("deno", "exit 0");
      mkdirSync(join(clone.root, CACHE), { recursive: true });
      assertEquals((await clone.run("deno_config.sh")).stdout, "deno.json\n");
      assertEquals(clone.calls().length, 1);
      assertStringIncludes(clone.calls()[0]!, "--cached-only");
      assertEquals((await clone.run("deno_config.sh")).stdout, "deno.json\n");
      assertEquals(clone.calls().length, 1);
      rmSync(join(clone.root, CACHE), { recursive: true });
      await clone.run("deno_config.sh");
      assertEquals(clone.calls().length, 2);
    }));

  it("fetches the real packages when they can be reached", () =>
    inClone(async (clone) => {
      clone.install("deno", 'case $* in *--cached-only*) exit 1 ;; esac; mkdir -p "$HOME/fetched"');
      assertEquals((await clone.run("deno_config.sh")).stdout, "deno.json\n");
      assertEquals(clone.calls().length, 2);
    }));

  it("picks deno.offline.json when they cannot, for a day or until deno.json changes", () =>
    inClone(async (clone) => {
      clone.install("deno", "exit 1");
      assertEquals((await clone.run("deno_config.sh")).stdout, "deno.offline.json\n");
      assertEquals((await clone.run("deno_config.sh")).stdout, "deno.offline.json\n");
      assertEquals(clone.calls().length, 2);
      const later = new Date(Date.now() + 10_000);
      utimesSync(join(clone.root, "deno.json"), later, later);
      await clone.run("deno_config.sh");
      assertEquals(clone.calls().length, 4);
      const longAgo = new Date(Date.now() - 3 * 86_400_000);
      utimesSync(join(clone.root, "deno.json"), longAgo, longAgo);
      const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000);
      utimesSync(join(clone.root, ".cache", "deno-config"), twoDaysAgo, twoDaysAgo);
      await clone.run("deno_config.sh");
      assertEquals(clone.calls().length, 6);
    }));

  it("does not wait for a network that drops all packets", () =>
    inClone(async (clone) => {
      clone.install("deno", "case $* in *--cached-only*) exit 1 ;; esac; exec sleep 30");
      const startedAt = performance.now();
      assertEquals((await clone.run("deno_config.sh", "deno", "1")).stdout, "deno.offline.json\n");
      assertLess(performance.now() - startedAt, 10_000);
    }));
});

describe("node_modules.sh", () => {
  const npm = 'mkdir -p node_modules/tsx; sleep 1; echo "added 7 packages"';

  it("installs once, and again when the lock file changes", () =>
    inClone(async (clone) => {
      clone.install("node", "exit 0");
      clone.install("npm", npm);
      const { code, stdout, stderr } = await clone.run("node_modules.sh", "run");
      assertEquals([code, stdout], [0, ""]);
      assertStringIncludes(stderr, "Installing npm packages");
      assertStringIncludes(clone.calls().at(-1)!, "npm ci --workspaces=false");
      assertEquals((await clone.run("node_modules.sh", "run")).stderr, "");
      clone.write("package-lock.json", "other");
      await clone.run("node_modules.sh", "run");
      assertStringIncludes(clone.calls().at(-1)!, "npm install --no-save --workspaces=false");
    }));

  it("adds the packages of the tests to those of the tool, but not the other way round", () =>
    inClone(async (clone) => {
      clone.install("node", "exit 0");
      clone.install("npm", npm);
      await clone.run("node_modules.sh", "run");
      await clone.run("node_modules.sh", "dev");
      assert(!clone.calls().at(-1)!.includes("--workspaces"));
      const before = clone.calls().length;
      await clone.run("node_modules.sh", "run");
      assertEquals(clone.calls().length, before);
    }));

  it("installs once for concurrent calls", () =>
    inClone(async (clone) => {
      clone.install("node", "exit 0");
      clone.install("npm", npm);
      const results = await Promise.all([1, 2, 3, 4].map(() => clone.run("node_modules.sh", "run")));
      assertEquals(results.map(({ code }) => code), [0, 0, 0, 0]);
      assertEquals(clone.calls().filter((call) => call.startsWith("npm")).length, 1);
    }));

  it("takes over from an installer that was killed", () =>
    inClone(async (clone) => {
      clone.install("node", "exit 0");
      clone.install("npm", npm);
      clone.write(".cache/npm.lock/pid", "2147483646");
      assertEquals((await clone.run("node_modules.sh", "run")).code, 0);
      assert(!isThere(join(clone.root, ".cache/npm.lock/pid")));
    }));

  it("reports what is missing, or that npm failed", () =>
    inClone(async (clone) => {
      assertStringIncludes((await clone.run("node_modules.sh")).stderr, "neither Deno nor Node");
      clone.install("node", '[ "$1" = -p ] && echo 18.2.0; exit 1');
      clone.install("npm", "exit 7");
      assertStringIncludes((await clone.run("node_modules.sh")).stderr, "Node 18.2.0 is too old");
      clone.install("node", "exit 0");
      const { code, stderr } = await clone.run("node_modules.sh");
      assertEquals(code, 7);
      assertStringIncludes(stderr, "npm ci failed (exit 7)");
    }));
});

describe("run.sh", () => {
  it("runs the tool with Deno if it is installed, with all arguments", () =>
    inClone(async (clone) => {
      clone.install("deno", 'case $1 in run) for word; do echo "[$word]"; done; exit 3 ;; esac');
      const { code, stdout } = await clone.run("run.sh", "status", "--home", "a b", "");
      assertEquals(code, 3);
      assert(stdout.startsWith("[run]\n[-A]\n[--no-prompt]\n"));
      assert(stdout.endsWith(`[${clone.root}/stigmer-local.ts]\n[status]\n[--home]\n[a b]\n[]\n`));
    }));

  /** Builds into the folder that is its last argument, as bundle.ts does; otherwise prints its arguments and exits 4. */
  const node =
    `case $* in *scripts/bundle.ts*) for last; do :; done; sleep 0.2; echo built >"$last/stigmer-local.mjs.$$"
    mv "$last/stigmer-local.mjs.$$" "$last/stigmer-local.mjs" ;;
    -e*) ;; *) for word; do echo "[$word]"; done; exit 4 ;; esac`;
  const builds = (clone: Clone) => clone.calls().filter((call) => call.includes("bundle.ts")).length;
  const withNode = (clone: Clone) => {
    clone.install("node", node);
    clone.install("npm", "mkdir -p node_modules/tsx");
    for (const name of ["lib/main.ts", "compat/std/mod.ts", "scripts/bundle/build.ts", "scripts/bundle.ts"]) {
      clone.write(name, "");
    }
  };

  it("else builds the one file with Node, after installing npm packages, and runs it", () =>
    inClone(async (clone) => {
      withNode(clone);
      for (const _ of [1, 2]) {
        const { code, stdout } = await clone.run("run.sh", "status", "a b");
        assertEquals([code, stdout], [4, `[${clone.root}/.cache/stigmer-local.mjs]\n[status]\n[a b]\n`]);
        assertEquals(builds(clone), 1);
      }
    }));

  it("rebuilds the file when a source is newer or was removed", () =>
    inClone(async (clone) => {
      withNode(clone);
      await clone.run("run.sh", "status");
      const later = new Date(Date.now() + 10_000);
      utimesSync(join(clone.root, "lib/main.ts"), later, later);
      await clone.run("run.sh", "status");
      assertEquals(builds(clone), 2);
      rmSync(join(clone.root, "lib/main.ts"));
      utimesSync(join(clone.root, "lib"), later, later);
      await clone.run("run.sh", "status");
      assertEquals(builds(clone), 3);
    }));

  it("runs a complete file when several build at once", () =>
    inClone(async (clone) => {
      withNode(clone);
      clone.write("node_modules/tsx/package.json", "");
      clone.write("node_modules/.stigmer-local/run", "package-lock.json");
      const results = await Promise.all([1, 2, 3].map(() => clone.run("run.sh", "status")));
      assertEquals(results.map(({ code }) => code), [4, 4, 4]);
      assertEquals(readFileSync(join(clone.root, ".cache/stigmer-local.mjs"), "utf8"), "built\n");
    }));

  it("runs from source if the clone is read-only", () =>
    inClone(async (clone) => {
      withNode(clone);
      clone.write("node_modules/tsx/package.json", "");
      clone.write("node_modules/.stigmer-local/run", "package-lock.json");
      clone.write(".cache", "no folder can be made here");
      const { code, stdout, stderr } = await clone.run("run.sh", "status", "a b");
      const [loader, entry] = [`${clone.root}/node_modules/tsx/dist/loader.mjs`, `${clone.root}/stigmer-local.ts`];
      assertEquals([code, stderr], [4, ""]);
      assertEquals(stdout, `[--import]\n[${loader}]\n[${entry}]\n[status]\n[a b]\n`);
    }));

  it("fails with the message and the exit code of a failed build", () =>
    inClone(async (clone) => {
      withNode(clone);
      clone.install("node", 'case $* in *bundle.ts*) echo "no such module" >&2; exit 9 ;; esac');
      const { code, stdout, stderr } = await clone.run("run.sh", "status");
      assertEquals([code, stdout], [9, ""]);
      assertStringIncludes(stderr, "no such module");
    }));

  it("finds its clone through links", () =>
    inClone(async (clone) => {
      clone.install("deno", 'case $1 in run) for word; do echo "[$word]"; done ;; esac');
      symlinkSync(join(clone.root, "scripts", "run.sh"), join(clone.root, "scripts", "first"));
      symlinkSync("first", join(clone.root, "scripts", "second"));
      assert((await clone.run("second", "status")).stdout.endsWith(`[${clone.root}/stigmer-local.ts]\n[status]\n`));
    }));
});
