// The supervisor's entry where Node can't run TypeScript by itself.
require("../platform/runtime/load_typescript.cjs")("lib/supervisor/main.ts");
