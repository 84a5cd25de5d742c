// bench/impatient_supervisor.ts under Node, as lib/supervisor/main_node.cjs is the real one.
require("../lib/system/load_typescript.cjs")("bench/impatient_supervisor.ts");
