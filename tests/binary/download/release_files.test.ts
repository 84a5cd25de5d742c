import { describe, it } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { parseChecksums } from "../../../lib/binary/download/checksums.ts";
import { proxyFor } from "../../../lib/binary/download/proxy.ts";
import {
  isAllowed,
  latestChecksums,
  OFFICIAL_BASE,
  RELEASE_TARGETS,
  releaseBase,
  releaseTarget,
  releaseUrls,
  shownUrl,
  versionInName,
} from "../../../lib/binary/download/release_files.ts";
import { RELEASE_SUMS } from "../../../lib/binary/download/release_sums.ts";
import { DEFAULT_TEMPORAL_VERSION } from "../../../lib/config/temporal_versions.ts";
import { LocalError } from "../../../lib/errors/local_error.ts";

const mirror = (STIGMER_TEMPORAL_MIRROR: string) => releaseBase({ STIGMER_TEMPORAL_MIRROR });

describe("releaseUrls()", () => {
  it("names the archive and the sums beside it, beneath any base", () => {
    for (const base of ["https://a.test/x", "https://a.test/x/", "https://a.test/x//"]) {
      const { archive, checksums } = releaseUrls(base, "1.5.1", "linux_amd64");
      assertEquals(archive.href, "https://a.test/x/v1.5.1/temporal_cli_1.5.1_linux_amd64.tar.gz");
      assertEquals(checksums.href, "https://a.test/x/v1.5.1/checksums.txt");
    }
  });

  it("asks the publisher's newest release for its sums, or the mirror at latest/", () => {
    assertEquals(
      latestChecksums(OFFICIAL_BASE).href,
      "https://github.com/temporalio/cli/releases/latest/download/checksums.txt",
    );
    assertEquals(latestChecksums("https://a.test/x/").href, "https://a.test/x/latest/checksums.txt");
    assertEquals(versionInName("temporal_cli_1.9.1_linux_amd64.tar.gz", "linux_amd64"), "1.9.1");
    for (const name of ["temporal_cli_1.9.1_linux_arm64.tar.gz", "temporal_cli_../x_linux_amd64.tar.gz", "x"]) {
      assertEquals(versionInName(name, "linux_amd64"), undefined);
    }
  });

  it("goes to the official place unless a mirror is named, or nowhere", () => {
    assertEquals(releaseBase({}), OFFICIAL_BASE);
    assertEquals(mirror(""), OFFICIAL_BASE);
    assertEquals(mirror("https://mirror.test/temporal"), "https://mirror.test/temporal");
    assertEquals(mirror("http://127.0.0.1:8080"), "http://127.0.0.1:8080");
    assertEquals(mirror("OFF"), null);
  });

  it("refuses a mirror without TLS elsewhere, and what is none", () => {
    for (const text of ["http://mirror.test", "ftp://a.test", "file:///x", "mirror", "https://a.test/?x=1"]) {
      assertEquals(assertThrows(() => mirror(text), LocalError).code, "usage", text);
    }
    assertEquals(isAllowed(new URL("http://127.0.0.1.evil.test/")), false);
    assertEquals(isAllowed(new URL("http://localhost@evil.test/")), false);
  });

  it("has a sum for each platform of the default version", () => {
    const sums = RELEASE_SUMS[DEFAULT_TEMPORAL_VERSION] ?? {};
    assertEquals(Object.keys(sums), [...RELEASE_TARGETS]);
    for (const sum of Object.values(sums)) assertEquals(/^[0-9a-f]{64}$/.test(sum), true);
    assertEquals(new Set(Object.values(sums)).size, RELEASE_TARGETS.length);
  });

  it("knows the platforms by Node's names, and those without a release", () => {
    assertEquals(releaseTarget("darwin", "arm64"), "darwin_arm64");
    assertEquals(releaseTarget("linux", "x64"), "linux_amd64");
    assertEquals([releaseTarget("linux", "riscv64"), releaseTarget("freebsd", "x64")], [null, null]);
  });

  it("shows no password and no signature of a URL", () => {
    assertEquals(shownUrl(new URL("https://me:secret@a.test:8443/b?sig=x#y")), "https://a.test:8443/b");
  });
});

describe("parseChecksums()", () => {
  it("reads what sha256sum writes, and passes over the rest", () => {
    const sum = "Ab".repeat(32);
    const text = `${sum}  a.tar.gz\r\n${sum} *b.zip\n\n# words\n${sum.slice(2)}  short.gz\n${sum}\n`;
    assertEquals([...parseChecksums(text)], [["a.tar.gz", sum.toLowerCase()], ["b.zip", sum.toLowerCase()]]);
  });
});

describe("proxyFor()", () => {
  const through = (url: string, env: Record<string, string>) => proxyFor(new URL(url), env)?.host ?? null;

  it("takes the variable of the scheme, small letters first, then the one for all", () => {
    assertEquals(through("https://a.test", {}), null);
    assertEquals(through("https://a.test", { HTTPS_PROXY: "http://p:1", HTTP_PROXY: "http://q:2" }), "p:1");
    assertEquals(through("https://a.test", { https_proxy: "p:1", HTTPS_PROXY: "http://q:2" }), "p:1");
    assertEquals(through("http://a.test", { http_proxy: "http://p:1" }), "p:1");
    assertEquals(through("https://a.test", { ALL_PROXY: "http://p:1", HTTPS_PROXY: " " }), "p:1");
    assertThrows(() => through("https://a.test", { HTTPS_PROXY: "http://" }), TypeError);
  });

  it("takes a stranger's Proxy header of a CGI script for no proxy", () => {
    assertEquals(through("http://a.test", { HTTP_PROXY: "http://evil:1", REQUEST_METHOD: "GET" }), null);
  });

  it("leaves out what NO_PROXY names, and this machine always", () => {
    const env = (NO_PROXY: string) => ({ HTTPS_PROXY: "http://p:1", NO_PROXY });
    for (const list of ["a.test", ".a.test", "*.a.test", "x, A.TEST", "test", "*", "b a.test:443"]) {
      assertEquals(through("https://a.test/x", env(list)), null, list);
      assertEquals(through("https://c.a.test/x", env(list)), null, list);
    }
    for (const list of ["", "b.test", "st", "a.test:8443", "xa.test"]) {
      assertEquals(through("https://a.test", env(list)), "p:1", list);
    }
    for (const host of ["127.0.0.1:9", "localhost", "[::1]:9", "127.3.2.1"]) {
      assertEquals(through(`https://${host}/`, { HTTPS_PROXY: "http://p:1" }), null, host);
    }
    assertEquals(through("https://[2001:db8::1]/", env("2001:db8::1")), null);
    assertEquals(through("https://[2001:db8::2]/", env("2001:db8::1")), "p:1");
  });
});
