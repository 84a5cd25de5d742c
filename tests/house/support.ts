import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

/** The clone under test. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Tracked files, and new ones that are not ignored. */
export function projectFiles(): string[] {
  const list = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return [...new Set(list.split("\0"))].filter((path) => path !== "" && existsSync(join(ROOT, path)));
}

/** The TypeScript files under `folder`, relative to the clone. */
export function sourceFiles(folder: string): string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name))
    .sort();
}

export function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** One import or re-export of a file. */
export interface Import {
  /** As written: `node:fs`, `@std/cli/parse-args`, `../text/x.ts`. */
  specifier: string;
  /** The imported file of the clone, or null for a package. */
  path: string | null;
  /** `import()` in code, which runs only when it is reached. */
  isDynamic: boolean;
  /** Types only, which are erased before the code runs. */
  isType: boolean;
  /** The path of a program that is spawned, `new URL("main.ts", import.meta.url)`: it is not loaded here. */
  isProgram: boolean;
}

/** The imports of the file at `path`, types included. */
export function importsOf(path: string): Import[] {
  const source = withoutComments(read(path));
  const found: Import[] = [];
  const add = (specifier: string, isDynamic: boolean, isType = false, isProgram = false): void => {
    const isLocal = specifier.startsWith(".");
    found.push({
      specifier,
      isDynamic,
      isType,
      isProgram,
      path: isLocal ? normalize(join(dirname(path), specifier)) : null,
    });
  };
  for (
    const [, type, specifier] of source.matchAll(/^(?:import|export)(\s+type)?\b[^;"'`]*?\bfrom\s*["']([^"']+)["']/gm)
  ) {
    add(specifier!, false, type !== undefined);
  }
  for (const [, specifier] of source.matchAll(/^import\s*["']([^"']+)["']/gm)) add(specifier!, false);
  for (const [, specifier] of source.matchAll(/\bimport\(\s*["']([^"']+)["']/g)) add(specifier!, true);
  for (const [, name] of source.matchAll(/\bnew URL\(\s*["'](\.[^"']+\.ts)["']\s*,\s*import\.meta\.url/g)) {
    add(name!, true, false, true);
  }
  return found;
}

/** The code without comments and string contents, with the same line numbers: for searches of words in code. */
export function codeOf(path: string): string {
  return withoutComments(read(path), true);
}

/** A rough scanner of TypeScript: removes comments, and string contents if `isBare`. Regular expressions stay. */
function withoutComments(source: string, isBare = false): string {
  const token = /\/\*[^]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g;
  return source.replace(token, (text) => {
    const isComment = text.startsWith("//") || text.startsWith("/*");
    if (!isComment && !(isBare && !text.startsWith("`"))) return text;
    return isComment ? text.replace(/[^\n]/g, " ") : '""';
  });
}
