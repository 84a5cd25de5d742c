// bench/impatient_supervisor.ts under Node, as lib/supervisor/main_node.cjs is the real one.
require("../lib/platform/runtime/load_typescript.cjs")("bench/impatient_supervisor.ts");
