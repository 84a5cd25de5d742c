import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { LocalError, systemErrorCode } from "../../errors/local_error.ts";
import type { TlsMaterial } from "../../platform/net/connect_tls.ts";
import { shellWord } from "../../text/shell_word.ts";
import type { ExternalTemporal, Pem } from "./endpoint.ts";
import { Secret } from "./secret.ts";

/** What stands in the files that an {@linkcode ExternalTemporal} names. */
export interface Credentials {
  /** Null = plain HTTP/2. */
  tls: TlsMaterial | null;
  apiKey: Secret | null;
  /** When the client certificate begins and ceases to be valid; null when there is none, or it can't be read. */
  clientValidity: { fromMs: number; toMs: number } | null;
  /** What a person should know, a line each. */
  warnings: string[];
}

/** What PEM calls them (RFC 7468), and OpenSSL. */
const CERTIFICATE = /^-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----/m;
const PRIVATE_KEY = /^-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/m;
/** A key that is no text of one line can't be a header field's value. */
const API_KEY = /^[!-~]+$/;

/**
 * Reads the files that `external` names.
 *
 * @throws {LocalError} `usage`, when one can't be read, or holds something else
 */
export function readCredentials(external: ExternalTemporal): Credentials {
  const { tls, apiKey, origins } = external;
  const warnings: string[] = [];
  const readPem = (pem: Pem, what: string, from: string | undefined): string => {
    const text = "path" in pem ? readText(pem.path, what, from) : pem.data.reveal();
    if ((what.endsWith("key") ? PRIVATE_KEY : CERTIFICATE).test(text)) return text;
    const where = "path" in pem ? pem.path : from;
    throw new LocalError("usage", `${where} holds no ${what} in PEM format`, { facts: { where } });
  };
  const serverCa = tls?.serverCa ?? null;
  const client = tls?.client ?? null;
  const material = tls === null ? null : {
    serverName: tls.serverName,
    disableHostVerification: tls.disableHostVerification,
    ca: serverCa === null ? null : readPem(serverCa, "CA certificate", origins.serverCaPath ?? origins.serverCaData),
    client: client === null ? null : {
      cert: readPem(client.cert, "client certificate", origins.clientCertPath ?? origins.clientCertData),
      key: readPem(client.key, "client key", origins.clientKeyPath ?? origins.clientKeyData),
    },
  };
  if (client !== null && "path" in client.key) warnings.push(...openToOthers(client.key.path));
  let key: Secret | null = null;
  if (apiKey !== null && "path" in apiKey) {
    key = new Secret(readText(apiKey.path, "API key", origins.apiKeyFile).trim());
    warnings.push(...openToOthers(apiKey.path));
  } else key = apiKey;
  if (key !== null && !API_KEY.test(key.reveal())) {
    const from = apiKey !== null && "path" in apiKey ? apiKey.path : origins.apiKey;
    throw new LocalError("usage", `${from} holds no API key: one is a single line without spaces`, { facts: { from } });
  }
  return { tls: material, apiKey: key, clientValidity: examineClient(material?.client ?? null, external), warnings };
}

function readText(path: string, what: string, from: string | undefined): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    const why = code === "ENOENT" ? "is not there" : `can't be read (${code})`;
    throw new LocalError("usage", `The ${what} ${path} ${why}`, {
      hint: `The path comes from ${from}`,
      facts: { path, from, code },
      cause: error,
    });
  }
}

function openToOthers(path: string): string[] {
  const mode = statSync(path).mode;
  return (mode & 0o077) === 0 ? [] : [`${path} can be read by others: chmod 600 ${shellWord(path)}`];
}

/**
 * What the client certificate itself tells; null when it can't be read: the handshake tells what is wrong with it then.
 * A key of another certificate is told here, since runtimes have odd words for it.
 */
function examineClient(
  client: TlsMaterial["client"],
  { origins }: ExternalTemporal,
): Credentials["clientValidity"] {
  if (client === null) return null;
  let cert: X509Certificate;
  let isMatching: boolean;
  try {
    cert = new X509Certificate(client.cert);
    isMatching = cert.checkPrivateKey(createPrivateKey(client.key));
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
  if (!isMatching) {
    const from = [origins.clientCertPath ?? origins.clientCertData, origins.clientKeyPath ?? origins.clientKeyData];
    throw new LocalError("usage", "The client key is not the one of the client certificate", {
      hint: `They come from ${from.join(" and ")}`,
      facts: { from },
    });
  }
  // Texts such as `Sep  3 21:40:37 2022 GMT`.
  const [fromMs, toMs] = [Date.parse(cert.validFrom), Date.parse(cert.validTo)];
  return Number.isNaN(fromMs) || Number.isNaN(toMs) ? null : { fromMs, toMs };
}
