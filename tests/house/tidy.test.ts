import { execFileSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { assertEquals, assertGreater } from "@std/assert";
import { codeOf, projectFiles, read, ROOT } from "./support.ts";

const LARGEST_BYTES = 1_000_000;

/** Names that belong to one machine: home folders, working folders, the hosts of package registries. */
const MACHINE_WORDS = [
  new RegExp("(?<![\\w.$}/~-])/(home|Users)/(?!(you|me|user|dev|ada|runner)\\b)[a-z]"),
  new RegExp("(?<![\\w.$}~-])/(work|root)/[a-zA-Z.]"),
  new RegExp("/tmp/" + "w/"),
  new RegExp("registry\\." + "npmjs|npm\\." + "jsr|proxy\\." + "golang|sum\\." + "golang|pkg\\." + "github"),
];

describe("the tree", () => {
  const files = projectFiles();
  const texts = files.filter((path) => statSync(join(ROOT, path)).isFile() && !/\.(png|gif|db|gz)$/.test(path));

  it("names no machine's folders and no registry", () => {
    const wrong = texts.flatMap((path) =>
      read(path).split("\n")
        .map((line, at) => ({ line, place: `${path}:${at + 1}` }))
        .filter(({ line }) => MACHINE_WORDS.some((word) => word.test(line)))
        .map(({ line, place }) => `${place}: ${line.trim().slice(0, 100)}`)
    );
    assertEquals(wrong, []);
  });

  it("locks npm packages by version and hash, not by URL", () => {
    const lock = JSON.parse(read("package-lock.json")) as { packages: Record<string, { resolved?: string }> };
    const wrong = Object.entries(lock.packages).filter(([, { resolved }]) => resolved?.includes("://"));
    assertEquals(wrong, []);
  });

  it("has documentation whose links and files of lib exist", () => {
    const pages = texts.filter((path) => path.endsWith(".md") && path !== "lib/README.md");
    assertGreater(pages.length, 0);
    const wrong = pages.flatMap((page) => {
      const text = read(page);
      const links = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, link]) => join(dirname(page), link!));
      const root = page === "docs/glossary.md" ? "lib/" : "";
      const files = [...text.matchAll(/`([a-z_]+\/[a-z_/]+\.(?:ts|cjs))`/g)].map(([, file]) => root + file!)
        .filter((file) => file.startsWith("lib/"));
      return [...links, ...files].filter((path) => !existsSync(join(ROOT, path))).map((path) => `${page}: ${path}`);
    });
    assertEquals(wrong, []);
  });

  it("has no large file", () => {
    assertEquals(files.filter((path) => statSync(join(ROOT, path)).size > LARGEST_BYTES), []);
  });

  it("has no test that excludes the others (only)", () => {
    const tests = files.filter((path) => path.endsWith(".test.ts"));
    assertEquals(tests.filter((path) => /\b(it|test|describe)\.only\(|\bonly: true\b/.test(codeOf(path))), []);
  });

  it("has shell scripts that a POSIX shell can parse", () => {
    const scripts = texts.filter((path) => /^#! ?\/(bin\/sh|usr\/bin\/env (ba)?sh|bin\/bash)/.test(read(path)));
    for (const path of scripts) {
      const shell = read(path).split("\n")[0]!.includes("bash") ? "bash" : "sh";
      execFileSync(shell, ["-n", path], { cwd: ROOT, stdio: "pipe" });
    }
  });
});
