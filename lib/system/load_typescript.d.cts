/** The exports of the TypeScript module at `path`, which counts from the root of the clone. */
declare function load(path: "lib/commands/main.ts"): typeof import("../commands/main.ts");
export = load;
