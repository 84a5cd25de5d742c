// Loads our TypeScript under a Node that can't by itself (before 22.18): what this module exports is a function that
// gives the exports of the module at a path in the clone.
//
// tsx translates. What it made of a file is kept beside it in `node_modules/.cache`, under the hash of its source,
// because to load tsx and to let it look up 85 modules takes a supervisor 150 ms, and this 40 ms. And tsx's hook for
// `import` keeps a second thread, which costs a supervisor 20 MB, and 1.2 ms for each module that is loaded through it.
"use strict";
const { createHash } = require("node:crypto");
const { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const Module = require("node:module");
const { dirname, join, relative, sep } = require("node:path");

const hash = (text) => createHash("sha1").update(text).digest("hex");

const ROOT = dirname(dirname(dirname(__dirname)));
/** It belongs to whoever installed tsx, whose word we take as well; several clones may link to one `node_modules`. */
const KEPT = join(ROOT, "node_modules", ".cache", "stigmer-local", `${process.version}-${hash(ROOT).slice(0, 8)}`);
const LAST_LINE = "\n// whole\n";

const loaded = new Map();

module.exports = (path) => load(join(ROOT, path));

/** The exports of the module at `path`, which is absolute. Knows no circles: we have none. */
function load(path) {
  const known = loaded.get(path);
  if (known !== undefined) return known;
  const module = new Module(path);
  module.filename = path;
  module.paths = Module._nodeModulePaths(dirname(path));
  module.require = (specifier) => {
    if (specifier.startsWith("node:")) return require(specifier);
    const isOurs = specifier.startsWith(".");
    const target = isOurs ? join(dirname(path), specifier) : Module._resolveFilename(specifier, module);
    return target.endsWith(".ts") ? load(target) : require(target);
  };
  module._compile(translationOf(path), path);
  loaded.set(path, module.exports);
  return module.exports;
}

let haveAllBeenKept = false;

function translationOf(path) {
  const source = readFileSync(path, "utf8");
  // tsx writes the path into what it makes.
  const firstLine = `// ${hash(`${path}\n${source}`)}\n`;
  const kept = join(KEPT, `${relative(ROOT, path).replaceAll(sep, "-")}.cjs`);
  const text = readIfThere(kept);
  if (text !== null && text.startsWith(firstLine) && text.endsWith(LAST_LINE)) return text;
  const translation = firstLine + translate(path) + LAST_LINE;
  if (keep(kept, translation) && !haveAllBeenKept) keepAll();
  return translation;
}

/** Before a supervisor needs them: it is not to start esbuild, which would stay with it for good. */
function keepAll() {
  haveAllBeenKept = true;
  for (const name of readdirSync(join(ROOT, "lib"), { recursive: true })) {
    if (!name.endsWith(".ts")) continue;
    try {
      translationOf(join(ROOT, "lib", name));
    } catch {
      continue; // whoever needs it will tell what is wrong with it
    }
  }
}

let stopping;

/** tsx's hook for require() translates and hands the code to the module's `_compile`: here it gets no further. */
function translate(path) {
  require("tsx/cjs");
  stopping ??= setTimeout(() => Module.createRequire(require.resolve("tsx/cjs"))("esbuild").stop(), 1000).unref();
  let code = "";
  const catcher = new Module(path);
  catcher._compile = (text) => {
    code = text;
  };
  Module._extensions[".ts"](catcher, path);
  // tsx leaves import() to Node, which knows no `.ts`; and its source map is half of the text.
  return code.replace(/\bimport\(("\.[^"]+\.ts")\)/g, "Promise.resolve().then(() => require($1))")
    .replace(/\n\/\/# sourceMappingURL=.*\s*$/, "");
}

function readIfThere(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/** False where nothing can be written (an installation of root's): there it is translated anew each time. */
function keep(path, text) {
  try {
    mkdirSync(KEPT, { recursive: true });
    const temporary = `${path}.${process.pid}`;
    writeFileSync(temporary, text);
    renameSync(temporary, path);
    return true;
  } catch {
    return false;
  }
}
