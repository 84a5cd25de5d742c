import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { LocalError } from "../../lib/errors/local_error.ts";
import { prepareHome } from "../../lib/instance/home.ts";
import {
  isCloudFolder,
  networkFileSystem,
  networkFileSystemOnMac,
} from "../../lib/platform/files/network_file_system.ts";
import { isLinux, isRoot, withTempDir } from "../platform/support.ts";

describe("prepareHome()", () => {
  it("makes a home, and what is missing above it, for its owner alone", () =>
    withTempDir((folder) => {
      const umask = process.umask(0);
      try {
        const home = join(folder, "a b", "ü", ".stigmer");
        assertEquals(prepareHome(home), []);
        for (const path of [home, join(home, ".."), join(home, "../..")]) {
          assertEquals(statSync(path).mode & 0o7777, 0o700, path);
        }
        assertEquals(prepareHome(home), []);
      } finally {
        process.umask(umask);
      }
    }));

  it("takes a home that is there as it is, through a link too", () =>
    withTempDir((folder) => {
      mkdirSync(join(folder, "real"), { mode: 0o755 });
      writeFileSync(join(folder, "real", "file"), "");
      symlinkSync("real", join(folder, "link"));
      prepareHome(join(folder, "link"));
      assertEquals(statSync(join(folder, "real")).mode & 0o7777, 0o755);
      assertEquals(readdirSync(join(folder, "real")), ["file"]);
    }));

  it("makes git ignore a home beside or below a project file, and keeps a .gitignore that is there", () =>
    withTempDir((folder) => {
      prepareHome(join(folder, "before", ".stigmer"));
      assertEquals(readdirSync(join(folder, "before", ".stigmer")), []);
      writeFileSync(join(folder, "stigmer-local.yaml"), "");
      for (const home of [join(folder, ".stigmer"), join(folder, "var", "home")]) {
        prepareHome(home);
        assertEquals(readFileSync(join(home, ".gitignore"), "utf8").split("\n").slice(-2), ["*", ""]);
        writeFileSync(join(home, ".gitignore"), "own");
        prepareHome(home);
        assertEquals(readFileSync(join(home, ".gitignore"), "utf8"), "own");
      }
    }));

  it("refuses what is no folder, and what can't become one", () =>
    withTempDir((folder) => {
      writeFileSync(join(folder, "file"), "");
      symlinkSync("nowhere", join(folder, "dangling"));
      symlinkSync("round", join(folder, "round"));
      refused(join(folder, "file"), "it is not a directory");
      refused(join(folder, "file", "home"), "a parent in the path is not a directory");
      refused(join(folder, "dangling"), "it is a dangling symbolic link");
      refused(join(folder, "round"), "too many levels of symbolic links");
      refused(join(folder, "x".repeat(300)), "the path is too long");
    }));

  it("refuses a place where the kernel makes no folders, and does not go on trying", { skip: !isLinux }, () => {
    refused("/proc/stigmer/home", "no directory can be created there");
  });

  it("refuses a home that others may write to, and says how to close it", () =>
    withTempDir((folder) => {
      for (const mode of [0o770, 0o707, 0o777, 0o1777]) {
        chmodSync(folder, mode);
        const reason = `it is writable by others (mode ${mode.toString(8)})`;
        assertEquals(refused(folder, reason).hint, `chmod go-w '${folder}'`);
      }
      chmodSync(folder, 0o755);
      prepareHome(folder);
    }));

  it("refuses a home of another user, to root too", { skip: !isRoot }, () =>
    withTempDir((folder) => {
      chownSync(folder, 65534, 65534);
      refused(folder, "it belongs to user 65534, and this is root");
    }));

  it("refuses a home that we may not write to", { skip: isRoot }, () =>
    withTempDir((folder) => {
      chmodSync(folder, 0o500);
      refused(folder, "permission denied");
      refused(join(folder, "new"), "permission denied");
      chmodSync(folder, 0o700);
    }));

  it(
    "refuses a read-only file system, and one without room for a folder",
    { skip: !isLinux || !isRoot },
    (t) =>
      withTempDir((folder) => {
        if (!canMount(folder)) return t.skip("no file system can be mounted here");
        withMount(folder, "ro", () => {
          refused(folder, "its file system is read-only");
          refused(join(folder, "a", "b"), "its file system is read-only");
        });
        withMount(folder, "nr_inodes=1", () => {
          refused(join(folder, "home"), "no space left");
          refused(folder, "no space left");
        });
        withMount(folder, "size=8k", () => {
          prepareHome(folder);
          assertEquals(readdirSync(folder), []);
          writeFileSync(join(folder, "all"), new Uint8Array(8192));
          refused(folder, "no space left");
          assertEquals(readdirSync(folder), ["all"]);
        });
      }),
  );
});

describe("networkFileSystem()", () => {
  it("names the network file systems of Linux by their number, also a negative one", () => {
    const kindOf = (type: number) => networkFileSystem("/any", "linux", () => type);
    assertEquals([0x6969, 0x01021997, 0xff534d42, 0xff534d42 | 0].map(kindOf), ["NFS", "9P", "CIFS", "CIFS"]);
    assertEquals([0xef53, 0x01021994, 0x65735546].map(kindOf), [null, null, null], "ext4, tmpfs, FUSE");
  });

  it("knows nothing of what is not there, nor of macOS' numbers", () => {
    assertEquals(networkFileSystem("/no/such/folder", "linux"), null);
    assertEquals(networkFileSystem("/any", "darwin", () => 0x6969), null);
  });
});

describe("networkFileSystemOnMac()", () => {
  const mounts = readFileSync(new URL("../platform/processes/fixtures/darwin/mounts.txt", import.meta.url), "utf8");

  it("names the network file system with the nearest mount point", () => {
    const kindOf = (path: string) => networkFileSystemOnMac(path, mounts);
    assertEquals(["/Volumes/team share/ada", "/Volumes/team share", "/Users/ada/nas/x"].map(kindOf), [
      "SMB",
      "SMB",
      "NFS",
    ]);
    const local = ["/Users/ada/.stigmer", "/Users/ada/nas/disk/x", "/Volumes/team sharers", "/"];
    assertEquals(local.map(kindOf), [null, null, null, null]);
    assertEquals(networkFileSystemOnMac("/Users/ada", "no such output"), null);
  });

  it("knows the folders of cloud services", () => {
    const folders = [
      "/Users/ada/Library/Mobile Documents/com~apple~CloudDocs/x",
      "/Users/ada/Library/CloudStorage/Dropbox",
    ];
    assertEquals(folders.map(isCloudFolder), [true, true]);
    assertEquals(["/Users/ada/.stigmer", "/Users/ada/Library/Caches/x"].map(isCloudFolder), [false, false]);
  });
});

function refused(path: string, reason: string): LocalError {
  const error = assertThrows(() => prepareHome(path), LocalError, reason);
  assertEquals([error.code, error.facts["home"]], ["home-unusable", path]);
  return error;
}

/** Within a container, root may not mount either. */
function canMount(folder: string): boolean {
  if (spawnSync("mount", ["-t", "tmpfs", "tmpfs", folder]).status !== 0) return false;
  return spawnSync("umount", [folder]).status === 0;
}

/** With a small file system mounted at `folder`. */
function withMount(folder: string, options: string, body: () => void): void {
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", `mode=700,${options}`, "tmpfs", folder]);
  assertEquals(status, 0, options);
  try {
    body();
  } finally {
    spawnSync("umount", [folder]);
  }
}
