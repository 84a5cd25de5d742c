import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { readCounts } from "../../scripts/testing/counts.ts";
import { findLeftovers } from "../../scripts/testing/leftovers.ts";
import { until } from "../platform/support.ts";
import { ROOT } from "./support.ts";

test("readCounts() reads Deno's summary, steps included", () => {
  const output =
    "bad => ./a.test.ts:4:1\n\nFAILED | 2 passed (2 steps) | 2 failed | 1 ignored (1 step) (115ms)\n\nerror: x";
  assertEquals(readCounts("deno", output, true), { passed: 4, failed: 2, skipped: 2 });
});

test("readCounts() reads Node's summary and counts cancelled tests as failed", () => {
  const output = "ℹ tests 7\nℹ suites 1\nℹ pass 3\nℹ fail 1\nℹ cancelled 1\nℹ skipped 2\nℹ todo 0\n";
  assertEquals(readCounts("node", output, true), { passed: 3, failed: 2, skipped: 2 });
});

test("readCounts() takes a bad exit without a failed test as one failure", () => {
  assertEquals(readCounts("node", "SyntaxError: no", true), { passed: 0, failed: 1, skipped: 0 });
  assertEquals(readCounts("deno", "ok | 3 passed | 0 failed (5ms)", true), { passed: 3, failed: 1, skipped: 0 });
});

test("findLeftovers() finds a daemon that kept the home of its test and nothing else", {
  skip: process.platform !== "linux",
}, async () => {
  const home = `/no/such/home-of-${process.pid}`;
  const daemon = spawn("sleep", ["60"], { env: { PATH: process.env["PATH"], HOME: home }, stdio: "ignore" });
  try {
    await new Promise((resolve) => daemon.once("spawn", resolve));
    // Under Deno the event may come before the exec, while the fork still has the environment of this process.
    const found = () => findLeftovers("no-such-job", home).map(({ pid }) => pid);
    await until(() => found().length > 0, "the daemon is found");
    assertEquals(found(), [daemon.pid]);
  } finally {
    daemon.kill("SIGKILL");
    await new Promise((resolve) => daemon.once("exit", resolve));
  }
});

test("--retry runs a failed file once more, reports it as unstable if it passes, and as failed if it fails twice", () => {
  mkdirSync(join(ROOT, ".cache"), { recursive: true });
  const folder = mkdtempSync(join(ROOT, ".cache", "retry-"));
  const write = (name: string, body: string): void =>
    writeFileSync(
      join(folder, name),
      `import { existsSync, writeFileSync } from "node:fs";\nimport { test } from "node:test";\ntest("it", () => { ${body} });\n`,
    );
  try {
    const mark = JSON.stringify(join(folder, "was-here"));
    write("unstable.test.ts", `if (!existsSync(${mark})) { writeFileSync(${mark}, ""); throw new Error("once"); }`);
    write("broken.test.ts", `throw new Error("always");`);
    const script = join(ROOT, "scripts", "test.ts");
    const args = ["--import", "tsx", script, "--retry", "--runtime", "node", "--only-dir", relative(ROOT, folder)];
    const node = process.env["STIGMER_TEST_NODE"]!;
    const { status, stdout } = spawnSync(node, args, { cwd: ROOT, encoding: "utf8" });
    assertEquals(status, 1);
    assertStringIncludes(
      stdout,
      `unstable: node ${relative(ROOT, join(folder, "unstable.test.ts"))} failed, and passed`,
    );
    assertStringIncludes(
      stdout,
      `failed: node ${relative(ROOT, join(folder, "broken.test.ts"))}\n1 passed, 1 failed\n`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
