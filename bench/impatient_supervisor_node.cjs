// bench/impatient_supervisor.ts under Node, as lib/supervisor/main_node.cjs is the real one.
require("../lib/supervisor/load_typescript.cjs");
require("./impatient_supervisor.ts");
