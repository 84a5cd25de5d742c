import { readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import type { Plugin } from "esbuild";

/**
 * Loads Node's modules when the module that imports them is evaluated. esbuild would move their `import` statements to the
 * top of the one file, where they load for every command: 70 ms under Deno.
 */
export const builtins: Plugin = {
  name: "builtins",
  setup: (build) => {
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => ({
      contents: withoutBuiltinImports(readFileSync(path, "utf8")),
      loader: "ts",
    }));
  },
};

/** Does the same for npm packages, which call `require("net")`. */
export const requiredBuiltins: Plugin = {
  name: "required builtins",
  setup: (build) => {
    build.onResolve(
      { filter: /^[a-z:/_]+$/ },
      ({ path }) => isBuiltin(path) ? { path, namespace: "builtin" } : null,
    );
    build.onLoad({ filter: /./, namespace: "builtin" }, ({ path }) => ({
      contents: `module.exports = globalThis.process.getBuiltinModule(${JSON.stringify(path)})`,
    }));
  },
};

const IMPORT = /^import (?!type\b)(?:(\w+)|\{([^}]*)\}) from ("node:[^"]+");/gm;
const DYNAMIC_IMPORT = /\bimport\(("node:[^"]+")\)/g;

/** Replaces the imports of Node's modules; keeps the line numbers, for the source map. An import it misses fails the build. */
export function withoutBuiltinImports(source: string): string {
  return source
    .replace(IMPORT, (statement: string, whole: string | undefined, names: string | undefined, module: string) => {
      const lines = "\n".repeat(statement.split("\n").length - 1);
      const taken = `globalThis.process.getBuiltinModule(${module})`;
      return `const ${whole ?? `{ ${patternOf(names ?? "")} }`} = ${taken};${lines}`;
    })
    .replace(DYNAMIC_IMPORT, (_, module: string) => `Promise.resolve(globalThis.process.getBuiltinModule(${module}))`);
}

/** `a, type B, c as d` as a destructuring pattern. */
function patternOf(names: string): string {
  return names.split(",").map((name) => name.trim()).filter((name) => name !== "" && !name.startsWith("type "))
    .map((name) => name.replace(/ as /, ": ")).join(", ");
}
