import { closeSync, fstatSync, openSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import {
  type FileIdentity,
  type FileLooks,
  identityByDevFd,
  identityOfDescriptor,
  isSameFile,
} from "../../../lib/platform/files/file_identity.ts";
import { adoptLock, tryLock } from "../../../lib/platform/locks/lock_file.ts";
import { isDeno } from "../../../lib/platform/runtime/host.ts";
import { withTempDir } from "../support.ts";

const DEVFS = 0x2f5a1n;

/** A Mac on which the runtime knows no descriptor by itself: `/dev/fd/N` has the file's inode and the device of devfs. */
const INHERITED: FileLooks = {
  fstat: () => {
    throw Object.assign(new Error("bad file descriptor"), { code: "EBADF" });
  },
  stat: (path) => {
    const fd = /^\/dev\/fd\/(\d+)$/.exec(path)?.[1];
    if (fd === undefined) return { dev: DEVFS, ino: 1n, birthtimeNs: 1n };
    return { ...identityNow(Number(fd)), dev: DEVFS };
  },
};

function identityNow(fd: number): FileIdentity {
  const { dev, ino, birthtimeNs } = isDeno
    ? statSync(`/dev/fd/${fd}`, { bigint: true })
    : fstatSync(fd, { bigint: true });
  return { dev, ino, birthtimeNs };
}

const inherited = (fd: number) => identityByDevFd(fd, INHERITED);

describe("identityByDevFd()", () => {
  it("prefers what the runtime knows of its own descriptors", () => {
    const own = { dev: 5n, ino: 7n, birthtimeNs: 9n };
    const looks: FileLooks = { ...INHERITED, fstat: () => own };
    assertEquals(identityByDevFd(3, looks), own);
  });

  it("has no device for an inherited descriptor, whose /dev/fd entry has that of devfs", () =>
    withTempDir((folder) => {
      const path = join(folder, "a");
      writeFileSync(path, "");
      const fd = openSync(path, "r");
      try {
        const { ino } = statSync(path, { bigint: true });
        const identity = inherited(fd);
        assertEquals([identity.dev, identity.ino], [null, ino]);
        assertEquals(isSameFile(identity, statSync(path, { bigint: true })), true);
        assertEquals(identityOfDescriptor(fd).dev, statSync(path, { bigint: true }).dev);
      } finally {
        closeSync(fd);
      }
    }));

  it("reports another failure than an unknown descriptor", () => {
    const fstat = () => {
      throw Object.assign(new Error("input/output error"), { code: "EIO" });
    };
    assertThrows(() => identityByDevFd(3, { ...INHERITED, fstat }), Error, "input/output");
  });
});

describe("isSameFile()", () => {
  it("compares the birth time where a device is unknown: an inode may be used again, on any device", () => {
    const file = { dev: 1n, ino: 2n, birthtimeNs: 3n };
    assertEquals(isSameFile(file, { dev: 1n, ino: 2n, birthtimeNs: 4n }), true);
    assertEquals(isSameFile(file, { dev: 9n, ino: 2n, birthtimeNs: 3n }), false);
    assertEquals(isSameFile(file, { dev: null, ino: 2n, birthtimeNs: 3n }), true);
    assertEquals(isSameFile(file, { dev: null, ino: 2n, birthtimeNs: 4n }), false);
    assertEquals(isSameFile(file, { dev: null, ino: 8n, birthtimeNs: 3n }), false);
  });
});

describe("locks where /dev/fd has another device than the file", () => {
  it("are taken, adopted, and known to be current", () =>
    withTempDir(async (folder) => {
      const path = join(folder, "t.lock");
      const lock = (await tryLock(path, { platform: "darwin", identify: inherited }))!;
      try {
        assertEquals(lock.isCurrent(), "ours");
        assertEquals(adoptLock(lock.fd, path, inherited).isCurrent(), "ours");
        writeFileSync(join(folder, "other"), "");
        assertThrows(() => adoptLock(lock.fd, join(folder, "other"), inherited), Error, "refers to another file");
      } finally {
        lock.close();
      }
    }));
});
