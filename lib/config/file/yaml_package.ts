import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isDeno } from "../../platform/runtime/host.ts";

/**
 * Loads the npm package `yaml`. In the one file, which includes it, `scripts/bundle/yaml_package.ts` replaces this module.
 *
 * Not a literal import: Deno would fetch the package on every first start.
 *
 * @throws {Error} when it is not installed
 */
export async function loadYamlPackage(): Promise<unknown> {
  // In a clone with node_modules, Deno needs no network for it.
  const installed = new URL("../../../node_modules/yaml/browser/index.js", import.meta.url);
  const isInstalled = installed.protocol === "file:" && existsSync(fileURLToPath(installed));
  // A JSR package has no import map, and JSR does not rewrite computed imports: so the name carries the version.
  const name = !isDeno ? "yaml" : isInstalled ? installed.href : "npm:yaml@2.9.1";
  return await import(name);
}
