/**
 * Builds the tool as one file, which Deno and Node run alone.
 *
 *   node --import tsx scripts/bundle.ts                  dist/stigmer-local.mjs, with its commit
 *   node --import tsx scripts/bundle.ts --library        also dist/mod.mjs
 *   node --import tsx scripts/bundle.ts FOLDER           FOLDER/stigmer-local.mjs, for this clone alone
 */
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "@std/cli/parse-args";
import { buildBundle, commitOf } from "./bundle/build.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { library, _: [folder] } = parseArgs(process.argv.slice(2), { boolean: ["library"], string: ["_"] });
await buildBundle({
  root,
  folder: folder === undefined ? join(root, "dist") : resolve(String(folder)),
  library,
  // A file in .cache is not rebuilt when only the commit changes.
  commit: folder === undefined ? commitOf(root) : null,
});
