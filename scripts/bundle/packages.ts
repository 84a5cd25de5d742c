/**
 * Replaces `lib/platform/packaging/load_package.ts` and `lib/config/file/yaml_package.ts` in the one file, which includes the
 * packages as text: the runtime parses all of the file for each command, and does not look into a text. For `yaml` alone
 * this saves Node 4 ms.
 *
 * @module
 */

// scripts/bundle/build.ts defines these sources.
declare const HTTPS_PROXY_AGENT_SOURCE: string;
declare const TAR_STREAM_SOURCE: string;
declare const YAML_SOURCE: string;

/** Loads an npm package from its source in the one file. */
export async function loadPackage<T>(name: "https-proxy-agent" | "tar-stream"): Promise<T> {
  return await load(name === "tar-stream" ? TAR_STREAM_SOURCE : HTTPS_PROXY_AGENT_SOURCE) as T;
}

/** Loads the npm package `yaml` from its source in the one file. */
export async function loadYamlPackage(): Promise<unknown> {
  return await load(YAML_SOURCE);
}

async function load(source: string): Promise<unknown> {
  const { default: exports } = await import(`data:text/javascript,${encodeURIComponent(source)}`) as {
    default: unknown;
  };
  return exports;
}
