// The supervisor's entry where Node can't run TypeScript by itself.
require("./load_typescript.cjs");
require("./main.ts");
