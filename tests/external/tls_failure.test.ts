import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { tlsFailureOf } from "../../lib/external/tls_failure.ts";

function failure(code: string | undefined, message: string, cause?: Error): Error {
  return Object.assign(new Error(message, { cause }), code === undefined ? {} : { code });
}

/** As reported by Node 20 (OpenSSL) and Deno 2.9 (rustls). */
const SEEN: readonly [kind: string | null, code: string | undefined, message: string][] = [
  ["untrusted", "SELF_SIGNED_CERT_IN_CHAIN", "self-signed certificate in certificate chain"],
  ["untrusted", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unable to verify the first certificate"],
  ["untrusted", undefined, "invalid peer certificate: UnknownIssuer"],
  ["expired", "CERT_HAS_EXPIRED", "certificate has expired"],
  ["wrong-name", "ERR_TLS_CERT_ALTNAME_INVALID", "Hostname/IP does not match certificate's altnames: …"],
  ["wrong-name", undefined, 'invalid peer certificate: certificate not valid for name "a"'],
  ["no-certificate", "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "…:tlsv13 alert certificate required:…"],
  ["no-certificate", undefined, "received fatal alert: CertificateRequired"],
  ["refused-certificate", "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "…:tlsv1 alert unknown ca:…"],
  ["refused-certificate", "ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED", "received fatal alert: CertificateExpired"],
  ["not-tls", "ERR_SSL_WRONG_VERSION_NUMBER", "…:wrong version number:…"],
  ["not-tls", undefined, "received corrupt message of type InvalidContentType"],
  ["other", "ERR_SSL_NO_PROTOCOLS_AVAILABLE", "no protocols available"],
  [null, "ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:1"],
];

describe("tlsFailureOf()", () => {
  for (const [kind, code, message] of SEEN) {
    it(`maps ${code ?? `'${message}'`} to ${kind ?? "null"}`, () => {
      assertEquals(tlsFailureOf(failure(code, message)), kind);
      assertEquals(tlsFailureOf(failure(undefined, "The connection broke", failure(code, message))), kind);
    });
  }

  it("prefers the code of the cause to the messages around it", () => {
    const cause = failure("ERR_TLS_CERT_ALTNAME_INVALID", "Hostname/IP does not match certificate's altnames");
    assertEquals(tlsFailureOf(failure(undefined, "Cannot connect: certificate's altnames", cause)), "wrong-name");
    assertEquals(tlsFailureOf("no error"), null);
  });
});
