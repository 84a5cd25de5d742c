import { createRequire } from "node:module";
import { systemErrorCode } from "../../errors/local_error.ts";
import { isDeno } from "../runtime/host.ts";

/** What Deno imports where there is no `node_modules`: no import map applies to a package of JSR's. */
const SPECIFIERS = {
  "https-proxy-agent": "npm:https-proxy-agent@7.0.6",
  "tar-stream": "npm:tar-stream@3.1.7",
  "yaml": "npm:yaml@2.9.1",
} as const;

/**
 * Loads an npm package that few runs need. Its name is not written at an import, where Deno would fetch it at every first
 * start; in a clone that npm has installed, Deno needs no network for it.
 *
 * @throws the runtime's error when the package is not installed and cannot be fetched
 */
export async function loadPackage<T>(name: keyof typeof SPECIFIERS): Promise<T> {
  if (import.meta.url.startsWith("file:")) {
    try {
      return createRequire(import.meta.url)(name) as T;
    } catch (error) {
      if (!isDeno || systemErrorCode(error) !== "MODULE_NOT_FOUND") throw error;
    }
  }
  const specifier: string = SPECIFIERS[name];
  const loaded = await import(specifier) as T & { default?: T };
  return loaded.default ?? loaded;
}
