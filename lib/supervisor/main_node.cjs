// The supervisor's entry where Node can't run TypeScript by itself. tsx's hook for require() works in this thread; its
// ESM loader would keep a second one, with 20 MB, and take 150 ms longer to come up.
require("tsx/cjs");
require("./main.ts");
