import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { assertEquals } from "@std/assert";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const ENTRY = join(ROOT, "scripts", "std_imports.ts");
const run = promisify(execFile);

const deno = process.env["STIGMER_TEST_DENO"];
const node24 = process.env["STIGMER_TEST_NODE24"];

it("compat/std loads in Deno without network, cache or npm", { skip: !deno && "no Deno" }, async () => {
  const empty = mkdtempSync(join(tmpdir(), "deno-dir-"));
  try {
    const args = [
      "run",
      "--no-remote",
      "--no-npm",
      "--cached-only",
      "--config",
      join(ROOT, "deno.offline.json"),
      ENTRY,
    ];
    const { stdout, stderr } = await run(deno!, args, { env: { ...process.env, DENO_DIR: empty }, cwd: tmpdir() });
    assertEquals([stdout, stderr], ["", ""]);
  } finally {
    rmSync(empty, { recursive: true, force: true });
  }
});

// Node refuses to strip types under node_modules; these are links to folders outside it.
it("compat/std loads in Node 24 without a loader", { skip: !node24 && "no Node 24" }, async () => {
  const { stdout, stderr } = await run(node24!, [ENTRY], { cwd: tmpdir() });
  assertEquals([stdout, stderr], ["", ""]);
});
