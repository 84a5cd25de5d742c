import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { LocalError, systemErrorCode } from "../../errors/local_error.ts";
import type { TlsMaterial } from "../../platform/net/connect_tls.ts";
import { shellWord } from "../../text/shell_word.ts";
import type { ExternalTemporal, Pem, TlsOptions } from "./endpoint.ts";
import { Secret } from "./secret.ts";

/** An external Temporal, with the content of the files that describe the connection. */
export interface ConnectedTemporal extends ExternalTemporal {
  apiKey: Secret | null;
  /** {@linkcode ExternalTemporal.tls} for the connection; null = plain HTTP/2. */
  tlsMaterial: TlsMaterial | null;
  /** The validity period of the client certificate; null if there is none or it cannot be parsed. */
  clientValidity: { fromMs: number; toMs: number } | null;
  /** Warnings for the user, one line each. */
  warnings: string[];
}

/** The labels of PEM (RFC 7468) and OpenSSL. */
const CERTIFICATE = /^-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----/m;
const PRIVATE_KEY = /^-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/m;
/** Only text of one line without spaces can be the value of the header. */
const API_KEY = /^[!-~]+$/;

/**
 * Reads the files that `external` refers to.
 *
 * @throws {LocalError} `usage` if one cannot be read or has the wrong content
 */
export function readCredentials(external: ExternalTemporal): ConnectedTemporal {
  const { tls, apiKey, origins } = external;
  const warnings: string[] = [];
  const { serverCa = null, client: sources = null } = tls ?? {};
  const ca = serverCa === null ? null : readPem(serverCa, "CA certificate");
  const client = sources === null
    ? null
    : { cert: readPem(sources.cert, "client certificate"), key: readPem(sources.key, "client key") };
  if (sources !== null && "path" in sources.key) warnings.push(...openToOthers(sources.key.path));
  let key: Secret | null = null;
  if (apiKey !== null && "path" in apiKey) {
    key = new Secret(readText(apiKey.path, "API key", origins.apiKeyFile).trim());
    warnings.push(...openToOthers(apiKey.path));
  } else key = apiKey;
  if (key !== null && !API_KEY.test(key.reveal())) {
    const from = apiKey !== null && "path" in apiKey ? apiKey.path : origins.apiKey;
    throw new LocalError("usage", `${from} does not contain an API key, a single line without spaces`, {
      facts: { from },
    });
  }
  return {
    ...external,
    apiKey: key,
    tlsMaterial: tls === null ? null : { ...tls, ca, client },
    clientValidity: sources === null || client === null ? null : examineClient(client, sources),
    warnings,
  };
}

function readPem(pem: Pem, what: string): string {
  const text = "path" in pem ? readText(pem.path, what, pem.from) : pem.data.reveal();
  if ((what.endsWith("key") ? PRIVATE_KEY : CERTIFICATE).test(text)) return text;
  const where = "path" in pem ? pem.path : pem.from;
  throw new LocalError("usage", `${where} does not contain a ${what} in PEM format`, { facts: { where } });
}

function readText(path: string, what: string, from: string | undefined): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    const why = code === "ENOENT" ? "no such file" : code;
    throw new LocalError("usage", `Cannot read the ${what} ${path}: ${why}`, {
      hint: `The path comes from ${from}`,
      facts: { path, from, code },
      cause: error,
    });
  }
}

function openToOthers(path: string): string[] {
  const mode = statSync(path).mode;
  return (mode & 0o077) === 0 ? [] : [`${path} is readable by other users: run chmod 600 ${shellWord(path)}`];
}

/**
 * The validity period of the client certificate; null if it cannot be parsed, which the handshake reports better. Refuses a
 * key that does not match, for which the runtimes have unclear errors.
 */
function examineClient(
  client: NonNullable<TlsMaterial["client"]>,
  { cert, key }: NonNullable<TlsOptions["client"]>,
): ConnectedTemporal["clientValidity"] {
  let certificate: X509Certificate;
  let isMatching: boolean;
  try {
    certificate = new X509Certificate(client.cert);
    isMatching = certificate.checkPrivateKey(createPrivateKey(client.key));
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
  if (!isMatching) {
    const from = [cert.from, key.from];
    const named = (pem: Pem) => "path" in pem ? ` ${pem.path}` : "";
    throw new LocalError("usage", `The client key${named(key)} does not match the client certificate${named(cert)}`, {
      hint: `They come from ${from.join(" and ")}`,
      facts: { from },
    });
  }
  // Formatted as `Sep  3 21:40:37 2022 GMT`.
  const [fromMs, toMs] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  return Number.isNaN(fromMs) || Number.isNaN(toMs) ? null : { fromMs, toMs };
}
