/**
 * Why a TLS connection failed. Of the server's certificate: `untrusted` unknown authority · `expired` or not valid yet ·
 * `wrong-name` not valid for the name. Of the client's: `no-certificate` required but not sent · `refused-certificate`
 * sent but rejected. `not-tls`: the peer does not speak TLS · `other`.
 */
export type TlsFailure =
  | "untrusted"
  | "expired"
  | "wrong-name"
  | "no-certificate"
  | "refused-certificate"
  | "not-tls"
  | "other";

/** Codes of OpenSSL (Node) and messages of rustls (Deno); the first match wins. */
const SIGNS: readonly [RegExp, TlsFailure][] = [
  // Alerts of the server (RFC 8446, section 6.2) take precedence over the client's verification errors.
  [/ALERT_CERTIFICATE_REQUIRED|alert: CertificateRequired/i, "no-certificate"],
  [
    /alert(_|: )(bad_?certificate|unknown_?ca|certificate_?(expired|revoked|unknown)|unsupported_?cert|access_?denied)/i,
    "refused-certificate",
  ],
  [/ALERT_HANDSHAKE_FAILURE|alert: HandshakeFailure/i, "no-certificate"],
  [/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|InvalidContentType|InvalidMessage|HTTP_REQUEST/i, "not-tls"],
  [/CERT_HAS_EXPIRED|CERT_NOT_YET_VALID|certificate: (Expired|NotValidYet)|certificate (has )?expired/i, "expired"],
  [/ALTNAME_INVALID|NotValidForName|not valid for (any )?name/i, "wrong-name"],
  [
    /UNABLE_TO_(VERIFY|GET)|SELF_SIGNED|DEPTH_ZERO|CERT_UNTRUSTED|CERT_SIGNATURE_FAILURE|UnknownIssuer|BadSignature|CaUsedAsEndEntity/i,
    "untrusted",
  ],
];

/** `error` and its causes, the root cause last; empty if it is no error. */
export function causeChain(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causeChain(error.cause)] : [];
}

/** Why TLS failed, according to an error and its causes; null if none of them is about TLS. */
export function tlsFailureOf(error: unknown): TlsFailure | null {
  const texts = causeChain(error).map((each) => `${"code" in each ? each.code : ""} ${each.message}`);
  const sign = SIGNS.find(([pattern]) => texts.some((text) => pattern.test(text)));
  if (sign !== undefined) return sign[1];
  return texts.some((text) => /(^|[^a-z])(TLS|SSL)|certificate/i.test(text)) ? "other" : null;
}
