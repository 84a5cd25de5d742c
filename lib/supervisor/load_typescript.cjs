// Lets require() load TypeScript where Node can't by itself (before 22.18). tsx's hook for require() works in this
// thread; its ESM loader would keep a second one, with 20 MB, and take 150 ms longer to come up. It leaves
// `import("./x.ts")` to Node, which knows no `.ts`: those become require() too.
const Module = require("node:module");
require("tsx/cjs");

const compile = Module.prototype._compile;
Module.prototype._compile = function (code, ...rest) {
  const required = code.replace(/\bimport\(("\.[^"]+\.ts")\)/g, "Promise.resolve().then(() => require($1))");
  return compile.call(this, required, ...rest);
};
