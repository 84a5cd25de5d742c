// The supervisor's entry point for Node versions that cannot run TypeScript.
require("../platform/runtime/load_typescript.cjs")("lib/supervisor/main.ts");
