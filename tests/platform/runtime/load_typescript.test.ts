import { execFile } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";

const CLONE = fileURLToPath(new URL("../../..", import.meta.url));

/** A clone of its own with a few modules, the loader, and tsx. */
interface Clone {
  path: string;
  write(name: string, source: string): void;
  /** Prints what the module's `answer` is, under Node, after loading it through the loader. */
  answer(): Promise<string>;
  /** Where the translations are kept. */
  kept(): string;
}

async function withClone(body: (clone: Clone) => Promise<void>): Promise<void> {
  const path = mkdtempSync(join(tmpdir(), "sl-load-"));
  try {
    mkdirSync(join(path, "lib", "platform", "runtime"), { recursive: true });
    mkdirSync(join(path, "node_modules"));
    writeFileSync(join(path, "package.json"), '{ "type": "module" }');
    cpSync(
      join(CLONE, "lib/platform/runtime/load_typescript.cjs"),
      join(path, "lib/platform/runtime/load_typescript.cjs"),
    );
    symlinkSync(join(CLONE, "node_modules", "tsx"), join(path, "node_modules", "tsx"));
    const cache = join(path, "node_modules", ".cache", "stigmer-local");
    const script =
      'Promise.resolve(require("./lib/platform/runtime/load_typescript.cjs")("lib/main.ts").answer).then(console.log)';
    await body({
      path,
      write: (name, source) => writeFileSync(join(path, "lib", name), source),
      answer: () => run(path, script),
      kept: () => join(cache, readdirSync(cache)[0]!),
    });
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

function run(cwd: string, script: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.env["STIGMER_TEST_NODE"]!, ["--eval", script], { cwd }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout.trim());
      else reject(new Error(stderr));
    });
  });
}

const withoutTsx = (clone: Clone) => rmSync(join(clone.path, "node_modules", "tsx"));

describe("load_typescript", () => {
  it("gives the exports of a module, with its imports", () =>
    withClone(async (clone) => {
      clone.write("main.ts", 'import { half } from "./half.ts";\nexport const answer: number = half * 2;\n');
      clone.write("half.ts", 'import { sqrt } from "./platform/root.ts";\nexport const half = sqrt(441 as number);\n');
      clone.write("platform/root.ts", "export const { sqrt } = Math;\n");
      assertEquals(await clone.answer(), "42");
    }));

  it("gives one and the same module to import and import()", () =>
    withClone(async (clone) => {
      clone.write(
        "main.ts",
        'import { Failure } from "./failure.ts";\nexport const answer = import("./late.ts").then(({ fail }) => fail() instanceof Failure);\n',
      );
      clone.write(
        "late.ts",
        'import { Failure } from "./failure.ts";\nexport const fail = (): Failure => new Failure();\n',
      );
      clone.write("failure.ts", "export class Failure {}\n");
      assertEquals(await clone.answer(), "true");
    }));

  it("needs no tsx for what it has translated before, of the whole of lib", () =>
    withClone(async (clone) => {
      clone.write("main.ts", "export const answer: number = 42;\n");
      clone.write("other.ts", "export const answer: number = 43;\n");
      await clone.answer();
      withoutTsx(clone);
      assertEquals(await clone.answer(), "42");
      assertEquals(
        await run(
          clone.path,
          'console.log(require("./lib/platform/runtime/load_typescript.cjs")("lib/other.ts").answer)',
        ),
        "43",
      );
    }));

  it("translates a file anew when it was changed, though its size and time are the same", () =>
    withClone(async (clone) => {
      clone.write("main.ts", "export const answer: number = 42;\n");
      await clone.answer();
      clone.write("main.ts", "export const answer: number = 43;\n");
      assertEquals(await clone.answer(), "43");
      withoutTsx(clone);
      clone.write("main.ts", "export const answer: number = 44;\n");
      await assertRejects(() => clone.answer(), Error, "tsx");
    }));

  it("takes no translation that was cut off", () =>
    withClone(async (clone) => {
      clone.write("main.ts", "export const answer: number = 42;\n");
      await clone.answer();
      const kept = join(clone.kept(), "lib-main.ts.cjs");
      const { length } = readFileSync(kept);
      for (const size of [0, 20, length - 5]) {
        truncateSync(kept, size);
        assertEquals(await clone.answer(), "42");
        assertEquals(readFileSync(kept).length, length);
      }
    }));

  it("works where nothing can be kept", () =>
    withClone(async (clone) => {
      clone.write("main.ts", "export const answer: number = 42;\n");
      writeFileSync(join(clone.path, "node_modules", ".cache"), "no folder");
      assertEquals(await clone.answer(), "42");
    }));

  it("runs what does not depend on a broken file, and tells what is wrong with one that it needs", () =>
    withClone(async (clone) => {
      clone.write("main.ts", "export const answer: number = 42;\n");
      clone.write("broken.ts", "export const = ;\n");
      assertEquals(await clone.answer(), "42");
      clone.write("main.ts", 'import "./broken.ts";\nexport const answer = 42;\n');
      const { message } = await assertRejects(() => clone.answer(), Error);
      assertStringIncludes(message, "broken.ts");
    }));
});
