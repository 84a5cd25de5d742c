import { execFile } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { ROOT } from "./support.ts";

const SYSTEM_TOOLS = [
  "cat",
  "cmp",
  "cp",
  "dirname",
  "find",
  "kill",
  "mkdir",
  "mv",
  "readlink",
  "rm",
  "sh",
  "sleep",
  "uname",
];

/** A clone with only the shell scripts, and a PATH with only the system's tools and the programs that a test adds. */
class Clone {
  readonly root = mkdtempSync(join(tmpdir(), "clone with space-"));
  readonly bin = join(this.root, "bin");

  constructor() {
    for (const folder of ["bin", "home", "scripts"]) mkdirSync(join(this.root, folder));
    for (const name of ["deno_config.sh", "node_modules.sh", "run.sh"]) {
      copyFileSync(join(ROOT, "scripts", name), join(this.root, "scripts", name));
    }
    for (const name of ["deno.json", "deno.offline.json", "package-lock.json"]) this.write(name, name);
    for (const name of SYSTEM_TOOLS) {
      const folder = (process.env["PATH"] ?? "").split(delimiter).find((folder) => isThere(join(folder, name)));
      symlinkSync(join(folder!, name), join(this.bin, name));
    }
  }

  write(path: string, text: string): void {
    mkdirSync(join(this.root, path, ".."), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  /** Adds a program that logs its arguments in `calls`, then runs `body`. */
  install(name: string, body: string): void {
    const path = join(this.bin, name);
    writeFileSync(path, `#!/bin/sh\necho "${name} $*" >>"${this.root}/calls"\n${body}\n`);
    chmodSync(path, 0o755);
  }

  calls(): string[] {
    return isThere(join(this.root, "calls")) ? readFileSync(join(this.root, "calls"), "utf8").trim().split("\n") : [];
  }

  run(script: string, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const env = { PATH: this.bin, HOME: join(this.root, "home") };
    return new Promise((resolve) => {
      execFile(join(this.root, "scripts", script), args, { env }, (error, stdout, stderr) => {
        resolve({ code: Number(error?.code ?? 0), stdout, stderr });
      });
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

function isThere(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}

async function inClone(body: (clone: Clone) => Promise<void>): Promise<void> {
  const clone = new Clone();
  try {
    await body(clone);
  } finally {
    clone[Symbol.dispose]();
  }
}

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

  it("else runs the tool with Node and tsx, after installing them", () =>
    inClone(async (clone) => {
      clone.install("node", 'case $1 in --import) for word; do echo "[$word]"; done; exit 4 ;; esac');
      clone.install("npm", "mkdir -p node_modules/tsx");
      const { code, stdout } = await clone.run("run.sh", "status", "a b");
      const [loader, entry] = [`${clone.root}/node_modules/tsx/dist/loader.mjs`, `${clone.root}/stigmer-local.ts`];
      assertEquals([code, stdout], [4, `[--import]\n[${loader}]\n[${entry}]\n[status]\n[a b]\n`]);
    }));

  it("finds its clone through links", () =>
    inClone(async (clone) => {
      clone.install("deno", 'case $1 in run) for word; do echo "[$word]"; done ;; esac');
      symlinkSync(join(clone.root, "scripts", "run.sh"), join(clone.root, "scripts", "first"));
      symlinkSync("first", join(clone.root, "scripts", "second"));
      assert((await clone.run("second", "status")).stdout.endsWith(`[${clone.root}/stigmer-local.ts]\n[status]\n`));
    }));
});
