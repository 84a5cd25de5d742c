import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import process from "node:process";
import { build, type BuildOptions, type Plugin } from "esbuild";
import { builtins } from "./builtins.ts";
import { bundlePackage, licensesOf, TEXT_PACKAGES } from "./included_packages.ts";

/** What to build. */
export interface Request {
  root: string;
  /** The folder for the result. */
  folder: string;
  /** Also `mod.mjs`, the library. */
  library?: boolean;
  /** For `version`. */
  commit: string | null;
}

const OPTIONS = {
  bundle: true,
  format: "esm",
  platform: "neutral",
  mainFields: ["module", "main"],
  target: "es2022",
  minify: true,
  legalComments: "none",
  logLevel: "warning",
} satisfies BuildOptions;

type Exports = Record<string, string>;

/** The name of the one file. */
export const FILE = "stigmer-local.mjs";

/** Modules that the one file has in another form. */
const REPLACED = new Map([
  ["lib/platform/packaging/load_package.ts", "scripts/bundle/packages.ts"],
]);

/**
 * Builds the one file and its source map. Replaces existing files at once, so that parallel builds do not disturb each other.
 * The time of the files is the start of the build: a source that changes meanwhile is newer.
 *
 * @throws {Error} when the sources do not compile, or the file would import a module at its top
 */
export async function buildBundle({ root, folder, library = false, commit }: Request): Promise<void> {
  const startedAt = new Date();
  const files = await compile(root, folder, FILE, "scripts/bundle/entry.ts", { commit, supervisor: "" });
  if (library) files.push(...await compile(root, folder, "mod.mjs", "mod.ts", { commit, supervisor: FILE }));
  mkdirSync(folder, { recursive: true });
  for (const { path, text } of files) {
    const temporary = `${path}.${process.pid}`;
    try {
      writeFileSync(temporary, text);
      if (basename(path) === FILE) chmodSync(temporary, 0o755);
      utimesSync(temporary, startedAt, startedAt);
      renameSync(temporary, path);
    } finally {
      rmSync(temporary, { force: true });
    }
  }
}

/** Returns the map first: the file never appears beside the map of an older one. */
async function compile(
  root: string,
  folder: string,
  name: string,
  entry: string,
  { commit, supervisor }: { commit: string | null; supervisor: string },
): Promise<{ path: string; text: string }[]> {
  const packages = await Promise.all(TEXT_PACKAGES.map((name) => bundlePackage(root, name, OPTIONS)));
  const sources = Object.fromEntries(packages.map(({ source }, at) => [
    `${TEXT_PACKAGES[at]!.toUpperCase().replaceAll("-", "_")}_SOURCE`,
    JSON.stringify(source),
  ]));
  const { outputFiles, metafile } = await build({
    ...OPTIONS,
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: join(folder, name),
    sourcemap: "external",
    sourcesContent: false,
    define: {
      STIGMER_SUPERVISOR: JSON.stringify(supervisor),
      ...sources,
      ...(commit === null ? {} : { STIGMER_COMMIT: JSON.stringify(commit) }),
    },
    plugins: [located(root), builtins],
    metafile: true,
    write: false,
  });
  const hoisted = Object.values(metafile.outputs).flatMap(({ imports }) => imports)
    .filter(({ kind }) => kind === "import-statement");
  if (hoisted.length > 0) throw new Error(`${name} imports ${hoisted.map(({ path }) => path).join(", ")} at its top`);
  const inputs = [...Object.keys(metafile.inputs), ...packages.flatMap(({ inputs }) => inputs)];
  const files = outputFiles.map(({ path, text }) => ({
    path,
    text: path.endsWith(".map") ? withSourcesFrom(root, folder, text) : text + licensesOf(root, inputs),
  }));
  return files.sort((one, other) => Number(other.path.endsWith(".map")) - Number(one.path.endsWith(".map")));
}

/** Makes the sources of a map relative to the clone, wherever the file is built. */
function withSourcesFrom(root: string, folder: string, text: string): string {
  const map = JSON.parse(text) as { sources: string[] };
  return JSON.stringify({ ...map, sources: map.sources.map((path) => relative(root, resolve(folder, path))) });
}

/** Resolves the replaced modules and our own part of `@std`. */
function located(root: string): Plugin {
  return {
    name: "located",
    setup: (build) => {
      build.onResolve({ filter: /^@std\// }, ({ path }) => {
        const [, name = "", ...rest] = path.split("/");
        const folder = join(root, "compat", "std", name);
        const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { exports: Exports };
        const file = exports[`./${rest.join("/")}`];
        return file === undefined ? null : { path: join(folder, file) };
      });
      build.onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
        const other = REPLACED.get(relative(root, join(resolveDir, path)));
        return other === undefined ? null : { path: join(root, other) };
      });
    },
  };
}

/** The commit of the clone, followed by `-dirty` if its sources have changed since; null outside a clone. */
export function commitOf(root: string): string | null {
  try {
    const git = (...args: string[]) => execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: "pipe" }).trim();
    if (git("rev-parse", "--show-prefix") !== "") return null; // a folder in another repository
    const changes = git("status", "--porcelain", "--", "lib", "compat/std", "scripts/bundle", "mod.ts", "package.json");
    return git("rev-parse", "HEAD") + (changes === "" ? "" : "-dirty");
  } catch {
    return null;
  }
}
