/** Files that state the version of this tool, and the text around it. */
const FILES: Readonly<Record<string, (version: string) => string>> = {
  "deno.json": inJson,
  "deno.offline.json": inJson,
  "package.json": inJson,
  "lib/platform/packaging/tool_version.ts": (version) => `VERSION = "${version}"`,
  "README.md": tarball,
  "examples/workflow/README.md": tarball,
};

function inJson(version: string): string {
  return `"version": "${version}"`;
}

function tarball(version: string): string {
  return `stigmer-local-${version}.tgz`;
}

/**
 * The files that state the version `before`, stating `after`.
 *
 * @param read Reads a file of the repository.
 * @throws {Error} if one of them does not state `before`
 */
export function withVersion(before: string, after: string, read: (path: string) => string): Map<string, string> {
  const files = new Map(
    Object.entries(FILES).map(([path, textOf]) => {
      const text = read(path);
      if (!text.includes(textOf(before))) throw new Error(`${path} does not say \`${textOf(before)}\``);
      return [path, text.replace(textOf(before), textOf(after))];
    }),
  );
  const lock = JSON.parse(read("package-lock.json")) as { version: string; packages: { "": { version: string } } };
  lock.version = lock.packages[""].version = after;
  return files.set("package-lock.json", JSON.stringify(lock, null, 2) + "\n");
}
