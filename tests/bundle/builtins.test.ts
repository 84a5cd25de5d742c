import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { withoutBuiltinImports } from "../../scripts/bundle/builtins.ts";

const taken = (name: string) => `globalThis.process.getBuiltinModule("${name}")`;

describe("withoutBuiltinImports()", () => {
  it("loads the module where it is used", () => {
    assertEquals(
      withoutBuiltinImports('import process from "node:process";\nimport { a, type B, c as d } from "node:fs";\n'),
      `const process = ${taken("node:process")};\nconst { a, c: d } = ${taken("node:fs")};\n`,
    );
  });

  it("keeps the line numbers", () => {
    assertEquals(
      withoutBuiltinImports('import {\n  a,\n  b,\n} from "node:fs";\nnext();\n'),
      `const { a, b } = ${taken("node:fs")};\n\n\n\nnext();\n`,
    );
  });

  it("replaces import() too", () => {
    assertEquals(
      withoutBuiltinImports('const { rm } = await import("node:fs/promises");'),
      `const { rm } = await Promise.resolve(${taken("node:fs/promises")});`,
    );
  });

  it("keeps imports of types and of other modules", () => {
    const source = 'import type { Stats } from "node:fs";\nimport { a } from "./a.ts";\nimport { z } from "zx";\n';
    assertEquals(withoutBuiltinImports(source), source);
  });
});
