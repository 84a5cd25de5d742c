import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build, type BuildOptions } from "esbuild";
import { requiredBuiltins } from "./builtins.ts";

/** The npm packages that the one file includes as text, each the default export of a module. */
export const TEXT_PACKAGES = ["https-proxy-agent", "tar-stream", "yaml"] as const;

/** An npm package as text, and the files that it is made of. */
export interface IncludedPackage {
  source: string;
  inputs: string[];
}

/** Bundles an npm package and its dependencies as one ECMAScript module. */
export async function bundlePackage(root: string, name: string, options: BuildOptions): Promise<IncludedPackage> {
  const { outputFiles, metafile } = await build({
    ...options,
    absWorkingDir: root,
    stdin: { contents: `import * as all from "${name}"; export default all;`, resolveDir: root },
    plugins: [requiredBuiltins],
    external: ["supports-color"], // debug tries it, and does without
    // yaml has no use for Node's modules; the others say `node` where they have a variant for it.
    ...(name === "yaml" ? {} : { platform: "node", mainFields: ["main"] }),
    metafile: true,
    write: false,
  });
  return { source: outputFiles?.[0]?.text ?? "", inputs: Object.keys(metafile?.inputs ?? {}) };
}

/**
 * The licenses of the packages that these files belong to, as a comment: they ask to come with every copy.
 *
 * @throws {Error} when a package has none
 */
export function licensesOf(root: string, inputs: readonly string[]): string {
  const folders = new Set(inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? []));
  const names = new Map<string, string[]>();
  for (const folder of [...folders].sort()) {
    const text = licenseOf(root, folder);
    names.set(text, [...names.get(text) ?? [], folder]);
  }
  const texts = [...names].map(([text, folders]) => {
    const packages = folders.map((folder) => folder.replace(/^.*node_modules\//, ""));
    return `Includes ${packages.join(", ")}:\n\n${text}\n`;
  });
  return `/*\n${texts.join("\n").replaceAll("*/", "* /")}*/\n`;
}

function licenseOf(root: string, folder: string): string {
  const file = readdirSync(join(root, folder)).find((file) => /^licen[cs]e/i.test(file));
  if (file !== undefined) return readFileSync(join(root, folder, file), "utf8").trim();
  const [text] = /^#+ licen[cs]e\n[^]*/im.exec(readFileSync(join(root, folder, "README.md"), "utf8")) ?? [];
  if (text === undefined) throw new Error(`Cannot find the license of ${folder}`);
  return text.replace(/^.*\n+/, "").trim();
}
