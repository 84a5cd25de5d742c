/**
 * Why a TLS connection did not come about, or ended: `untrusted` its authority is not trusted · `expired` its
 * certificate is, or is not valid yet · `wrong-name` its certificate is for another name · `no-certificate` the server
 * asks for a client certificate and got none · `refused-certificate` it got one that it does not take · `not-tls` the
 * peer speaks something else · `other`.
 */
export type TlsFailure =
  | "untrusted"
  | "expired"
  | "wrong-name"
  | "no-certificate"
  | "refused-certificate"
  | "not-tls"
  | "other";

/** OpenSSL's codes (Node) and rustls's words (Deno), the first match counts. */
const SIGNS: readonly [RegExp, TlsFailure][] = [
  // What the server says, as alerts (RFC 8446, section 6.2), comes before what the client makes of certificates.
  [/ALERT_CERTIFICATE_REQUIRED|alert: CertificateRequired/i, "no-certificate"],
  [
    /ALERT_(BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_EXPIRED|CERTIFICATE_REVOKED|CERTIFICATE_UNKNOWN|UNSUPPORTED_CERT|ACCESS_DENIED)/i,
    "refused-certificate",
  ],
  [
    /alert: (BadCertificate|UnknownCA|CertificateExpired|CertificateRevoked|CertificateUnknown|UnsupportedCertificate|AccessDenied)/i,
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

/** Why TLS failed, out of the system's error and what caused it; null when none of them is of TLS. */
export function tlsFailureOf(error: unknown): TlsFailure | null {
  const texts: string[] = [];
  for (let each = error; each instanceof Error; each = each.cause) {
    texts.push(`${"code" in each ? each.code : ""} ${each.message}`);
  }
  const sign = SIGNS.find(([pattern]) => texts.some((text) => pattern.test(text)));
  if (sign !== undefined) return sign[1];
  return texts.some((text) => /(^|[^a-z])(TLS|SSL)|certificate/i.test(text)) ? "other" : null;
}
