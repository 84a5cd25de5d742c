/** The exports of the TypeScript module at `path`, which counts from the root of the clone. */
declare function load(path: string): unknown;
export = load;
