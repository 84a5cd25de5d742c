import { isLoopback } from "./release_files.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy that a request for `url` goes through; null = none. As curl and Go read the environment: `HTTPS_PROXY` for
 * https:// and `http_proxy` for http://, in small letters first, then `ALL_PROXY`; not for what `NO_PROXY` names, and
 * never for this machine itself. In capitals `HTTP_PROXY` is what a web server passes to a CGI script from a client's
 * `Proxy:` header, so it is not read there (httpoxy.org).
 *
 * Not the npm package `proxy-from-env` (2.1.0): to it `HTTPS_PROXY=proxy:3128` is a proxy over TLS, `NO_PROXY=example.com`
 * does not leave out `mirror.example.com`, and requests to this machine go through the proxy too.
 *
 * @throws {TypeError} when the variable holds no address
 */
export function proxyFor(url: URL, env: Environment): URL | null {
  if (isLoopback(url.hostname) || isExempt(url, read(env, "no_proxy") ?? "")) return null;
  const isCgi = env["REQUEST_METHOD"] !== undefined;
  const own = url.protocol === "https:"
    ? read(env, "https_proxy")
    : isCgi
    ? env["http_proxy"] || undefined
    : read(env, "http_proxy");
  const text = own ?? read(env, "all_proxy");
  return text === undefined ? null : new URL(text.includes("://") ? text : `http://${text}`);
}

function read(env: Environment, name: string): string | undefined {
  return env[name]?.trim() || env[name.toUpperCase()]?.trim() || undefined;
}

/** A list of `host`, `.domain`, `*.domain`, `host:port`, `*`; a name stands for what is below it too. */
function isExempt(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return list.split(/[\s,]+/).some((entry) => {
    if (entry === "*") return true;
    const match = /^(?:\*?\.)?(\[[^\]]+\]|[^:]+|[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:]*)(?::(\d+))?$/i.exec(entry);
    if (match === null || (match[2] !== undefined && match[2] !== port)) return false;
    const name = (match[1] as string).replace(/^\[|\]$/g, "").toLowerCase();
    return host === name || host.endsWith(`.${name}`);
  });
}
