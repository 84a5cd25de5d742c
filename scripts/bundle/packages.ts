/**
 * Replaces `lib/platform/packaging/load_package.ts` in the one file, which includes the packages as text: the runtime parses
 * all of the file for each command, and does not look into a text. For `yaml` alone this saves Node 4 ms.
 *
 * @module
 */

// scripts/bundle/build.ts defines these sources.
declare const HTTPS_PROXY_AGENT_SOURCE: string;
declare const TAR_STREAM_SOURCE: string;
declare const YAML_SOURCE: string;

const SOURCES = { "https-proxy-agent": HTTPS_PROXY_AGENT_SOURCE, "tar-stream": TAR_STREAM_SOURCE, yaml: YAML_SOURCE };

/** Loads an npm package from its source in the one file. */
export async function loadPackage<T>(name: keyof typeof SOURCES): Promise<T> {
  const { default: exports } = await import(`data:text/javascript,${encodeURIComponent(SOURCES[name])}`) as {
    default: T;
  };
  return exports;
}
