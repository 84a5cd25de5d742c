import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  isLockedInLsof,
  isReadOnlyInLsof,
  parseLsof,
  socketAddress,
} from "../../../lib/platform/processes/parse_lsof.ts";

describe("parseLsof()", () => {
  it("reads files by process, with spaces and newlines in names", () => {
    const files = parseLsof(
      "p501\nctemporal\nfcwd\ntDIR\nn/Users/ada\nf3\nG0x4003;0x0\ntREG\nD0x1000004\nk1\ni123456789012345678\nn/a b/t\\nx.lock\np502\nf1\ntCHR\nn/dev/null\n",
    );
    assertEquals(files.map(({ pid, fd, type }) => [pid, fd, type]), [[501, "cwd", "DIR"], [501, "3", "REG"], [
      502,
      "1",
      "CHR",
    ]]);
    assertEquals(files[1], {
      pid: 501,
      name: "temporal",
      fd: "3",
      flags: "0x4003;0x0",
      type: "REG",
      device: 0x1000004n,
      links: 1,
      inode: 123456789012345678n,
      path: "/a b/t\nx.lock",
    });
    assertEquals(files[2]?.name, undefined);
  });

  it("survives any cut and any text", () => {
    assertEquals(parseLsof("f3\nn/x\npabc\nf4\nn/y\n"), []);
    fc.assert(fc.property(fc.string(), (text) => {
      parseLsof(text).forEach((file) => [isLockedInLsof(file), socketAddress(file)]);
    }));
  });
});

describe("isLockedInLsof()", () => {
  it("goes by the file's flags, in numbers or words, and by the open file where there are none", () => {
    const isLocked = (flags?: string) => isLockedInLsof({ pid: 1, ...(flags === undefined ? {} : { flags }) });
    assertEquals(["0x4003;0x0", "0x4003", "R,W,LCK;CX", undefined, ""].map(isLocked), [true, true, true, true, true]);
    assertEquals(["0x3;0x4000", "0x8001;0x1", "R,W;LCK", "R,W"].map(isLocked), [false, false, false, false]);
  });
});

describe("isReadOnlyInLsof()", () => {
  it("goes by the file's flags; where there are none, a writer is not ruled out", () => {
    const isReadOnly = (flags?: string) => isReadOnlyInLsof({ pid: 1, ...(flags === undefined ? {} : { flags }) });
    assertEquals(["0x1;0x0", "0x4001", "R,LCK;CX"].map(isReadOnly), [true, true, true]);
    assertEquals(
      ["0x3;0x0", "0x4002", "R,W,LCK;CX", "W", "RW;CX", undefined, ""].map(isReadOnly),
      Array(7).fill(false),
    );
  });
});

describe("socketAddress()", () => {
  it("takes a star for all addresses of its kind", () => {
    const address = (path: string, type: string) => socketAddress({ pid: 1, type, path });
    assertEquals(address("127.0.0.1:7233", "IPv4"), { address: "127.0.0.1", port: 7233 });
    assertEquals(address("[::1]:7233 (LISTEN)", "IPv6"), { address: "::1", port: 7233 });
    assertEquals(address("[fe80::1%lo0]:7233", "IPv6"), { address: "fe80::1%lo0", port: 7233 });
    assertEquals(address("*:7233", "IPv4"), { address: "0.0.0.0", port: 7233 });
    assertEquals(address("*:7233", "IPv6"), { address: "::", port: 7233 });
  });

  it("is null for what does not listen", () => {
    for (const path of ["127.0.0.1:7233->127.0.0.1:50000", "/tmp/x", "*:*", "*:http", ""]) {
      assertEquals(socketAddress({ pid: 1, path }), null, path);
    }
  });
});
