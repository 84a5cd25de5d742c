import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { LocalError } from "../../../lib/errors/local_error.ts";
import { openRefused } from "../../../lib/platform/locks/lock_failure.ts";
import { adoptLock, type LockFile, tryLock } from "../../../lib/platform/locks/lock_file.ts";
import { isDeno } from "../../../lib/platform/runtime/host.ts";
import { spawnDetached } from "../../../lib/platform/spawn/spawn_detached.ts";
import { isLinux, needsLinux, withFlock } from "../../portable.ts";
import { awaited, killGroup, scriptCommand, until, withProcess, withTempDir } from "../support.ts";

const ADOPTER = fileURLToPath(new URL("../fixtures/adopt_lock.ts", import.meta.url));
const WITHOUT_DESCRIPTORS = fileURLToPath(new URL("../fixtures/lock_without_descriptors.ts", import.meta.url));

const noHelpers = needsLinux("open(2) locks there, and no helper");

describe("tryLock()", () => {
  it("makes the file, private to its owner, and holds it against everybody", () =>
    withTempDir((folder) =>
      withLock(join(folder, "t.lock"), async (lock, path) => {
        assertEquals(statSync(path).mode & 0o777, 0o600);
        assertEquals(lock.path, path);
        assertEquals(lock.isCurrent(), "ours");
        assertEquals(isFree(path), false);
        assertEquals(await tryLock(path), null);
      })
    ));

  it("frees it on close, which may come twice, and leaves the file", () =>
    withTempDir(async (folder) => {
      const path = join(folder, "t.lock");
      const lock = (await tryLock(path))!;
      lock.close();
      lock.close();
      assertEquals([isFree(path), existsSync(path)], [true, true]);
    }));

  it("gives way to a lock that a stranger took", () =>
    withTempDir((folder) => {
      const path = join(folder, "t.lock");
      return withProcess(withFlock(path, "sh", "-c", "echo held; exec sleep 600"), async (holder) => {
        await until(() => holder.output() === "held\n", "it is held");
        assertEquals(await tryLock(path), null);
      });
    }));

  it("keeps what the file holds", () =>
    withTempDir((folder) => {
      const path = join(folder, "t.lock");
      writeFileSync(path, "old");
      return withLock(path, () => assertEquals(statSync(path).size, 3));
    }));

  it("never holds a file that is not the one at the path, though that is replaced again and again", () =>
    withTempDir(async (folder) => {
      const path = join(folder, "t.lock");
      const replace = async () => {
        for (let count = 0; count < 3; count++) {
          writeFileSync(`${path}.new`, "");
          renameSync(`${path}.new`, path);
          await new Promise((resume) => setTimeout(resume, 2));
        }
      };
      for (let round = 0; round < 40; round++) {
        const replacing = replace();
        const lock = await tryLock(path);
        assertEquals(lock === null ? "none" : lock.isCurrent(), "ours"); // nothing ran between the two
        lock?.close();
        await replacing;
      }
    }));

  for (const platform of ["linux", "darwin"]) {
    it(`gives up, with what it saw, where an open file never has the identity of its path (${platform})`, () =>
      withTempDir(async (folder) => {
        const path = join(folder, "t.lock");
        let looks = 0;
        const identify = () => ({ dev: BigInt(++looks), ino: 7n, birthtimeNs: 0n });
        const error = await assertRejects(
          () => tryLock(path, { platform, identify }),
          LocalError,
          "still differ after 100",
        );
        const { dev, ino } = statSync(path, { bigint: true });
        assertEquals(error.code, "lock-failed");
        assertEquals(error.facts, {
          path,
          locked: "device 100, inode 7",
          onPath: `device ${dev}, inode ${ino}`,
        });
        assertEquals(isFree(path), true);
      }));
  }

  it("lets one of twenty have it", () =>
    withTempDir(async (folder) => {
      const locks = await Promise.all(Array.from({ length: 20 }, () => tryLock(join(folder, "t.lock"))));
      const taken = locks.filter((lock) => lock !== null);
      assertEquals(taken.length, 1);
      taken[0]!.close();
    }));

  it("refuses what is no file of ours to lock, says what it is, and leaves it alone", () =>
    withTempDir(async (folder) => {
      const path = (name: string) => join(folder, name);
      writeFileSync(path("victim"), "");
      symlinkSync(path("victim"), path("link"));
      symlinkSync(path("new"), path("dangling"));
      mkdirSync(path("folder"));
      spawnSync("mkfifo", [path("fifo")]);
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(path("socket"), resolve));
      const cases = [
        ["link", "a symbolic link"],
        ["dangling", "a symbolic link"],
        ["folder", "a directory"],
        ["fifo", isLinux ? "not a regular file" : ""], // what open(2) says there is unknown
        ["socket", "a socket"],
        ["none/t.lock", "directory does not exist"],
        ["victim/t.lock", "not a directory"],
      ] as const;
      try {
        for (const [name, reason] of cases) {
          const error = await assertRejects(() => tryLock(path(name)), LocalError, reason);
          assertEquals([error.code, error.facts["path"]], ["lock-failed", path(name)]);
        }
      } finally {
        await new Promise((resolve) => server.close(resolve));
      }
      assertEquals(existsSync(path("new")), false);
    }));

  it("does with perl where there is no flock(1)", { skip: noHelpers }, () =>
    withTempDir(async (folder) => {
      mkdirSync(join(folder, "bin"));
      const perl = execFileSync("sh", ["-c", "command -v perl"], { encoding: "utf8" }).trim();
      symlinkSync(perl, join(folder, "bin", "perl"));
      const path = process.env["PATH"];
      process.env["PATH"] = join(folder, "bin");
      try {
        const lock = (await tryLock(join(folder, "t.lock")))!;
        assertEquals(await tryLock(join(folder, "t.lock")), null);
        lock.close();
        (await tryLock(join(folder, "t.lock")))!.close();
      } finally {
        process.env["PATH"] = path;
      }
    }));

  it(
    "asks a helper again that a Ctrl-C has ended, under a runtime that needs one",
    { skip: noHelpers },
    () =>
      withTempDir(async (folder) => {
        const path = process.env["PATH"];
        const flock = execFileSync("sh", ["-c", "command -v flock"], { encoding: "utf8" }).trim();
        const script =
          `#!/bin/sh\n[ -e "${folder}/asked" ] || { : >"${folder}/asked"; kill -INT $$; }\nexec ${flock} "$@"\n`;
        writeFileSync(join(folder, "flock"), script, { mode: 0o755 });
        process.env["PATH"] = `${folder}:${path}`;
        const lock = await tryLock(join(folder, "t.lock")).finally(() => process.env["PATH"] = path);
        assertEquals(existsSync(join(folder, "asked")), !isDeno);
        assertEquals(isFree(lock!.path), false);
        lock!.close();
      }),
  );

  for (const runtime of ["deno", "node"] as const) {
    it(
      `names the limit of open files when no helper can be started for it (${runtime})`,
      { skip: noHelpers },
      () =>
        withTempDir(async (folder) => {
          const fixture = [...scriptCommand(runtime, WITHOUT_DESCRIPTORS), folder];
          await withProcess(["sh", "-c", 'ulimit -n 64; exec "$@"', "sh", ...fixture], async ({ output, exited }) => {
            assertEquals(await awaited(exited), { code: 0, signal: null });
            assertEquals(output(), "taken\nlock-failed: Raise the limit (`ulimit -n`)\n");
          });
        }),
    );
  }

  it(
    "says so when no helper can be found, under a runtime that needs one",
    { skip: noHelpers },
    () =>
      withTempDir(async (folder) => {
        const path = process.env["PATH"];
        process.env["PATH"] = folder;
        try {
          const lock = await tryLock(join(folder, "t.lock")).catch((error: unknown) => error);
          if (lock instanceof Error) assertEquals((lock as LocalError).hint, "Install util-linux, busybox or perl");
          else (lock as LockFile).close();
        } finally {
          process.env["PATH"] = path;
        }
      }),
  );
});

describe("openRefused()", () => {
  it("knows a socket by the file, because the error of macOS has no name, and a file system without locks", () =>
    withTempDir(async (folder) => {
      const path = join(folder, "socket");
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(path, resolve));
      try {
        for (const error of [new Error("(os error 102)"), systemError("Unknown system error -102")]) {
          assertEquals(String(openRefused(error, path)), `LocalError: Cannot lock ${path}: it is a socket or pipe`);
        }
      } finally {
        await new Promise((resolve) => server.close(resolve));
      }
      for (const code of ["ENOTSUP", "EOPNOTSUPP"]) {
        const refused = String(openRefused(systemError(code), join(folder, "a")));
        assert(refused.endsWith(": its file system does not support locks"), refused);
      }
      const other = new Error("not of the system");
      assertEquals(openRefused(other, join(folder, "a")), other);
    }));
});

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

describe("adoptLock()", () => {
  for (const runtime of ["deno", "node"] as const) {
    it(`takes over in ${runtime} what was handed on, so that the lock is held until it lets go`, () =>
      withTempDir(async (folder) => {
        const path = join(folder, "t.lock");
        const lock = (await tryLock(path))!;
        const [command, ...args] = scriptCommand(runtime, ADOPTER);
        const adopter = await spawnDetached({
          command: command!,
          args: [...args, path, join(folder, "told")],
          cwd: folder,
          env: process.env,
          stdin: "null",
          stdout: "null",
          stderr: "null",
          pass: [lock.fd],
        });
        lock.close();
        try {
          await until(() => existsSync(join(folder, "told.adopted")), "it is adopted");
          assertEquals(isFree(path), false);
          writeFileSync(join(folder, "told.close"), "");
          await until(() => existsSync(join(folder, "told.closed")), "it is closed");
          assertEquals(isFree(path), true);
        } finally {
          killGroup(adopter.pid);
          await awaited(adopter.exited);
        }
      }));
  }

  it("refuses a descriptor that is not open, or leads to another file", () =>
    withTempDir((folder) =>
      withLock(join(folder, "t.lock"), (lock) => {
        writeFileSync(join(folder, "other"), "");
        assertThrows(() => adoptLock(lock.fd, join(folder, "other")), LocalError, "refers to another file");
        assertThrows(() => adoptLock(lock.fd, join(folder, "none")), LocalError, "refers to another file");
        assertThrows(() => adoptLock(9_999, lock.path), LocalError, "is not open");
      })
    ));
});

/** As somebody else sees it. */
function isFree(path: string): boolean {
  const [file, ...args] = withFlock(path, "true");
  return spawnSync(file!, args).status === 0;
}

async function withLock(path: string, body: (lock: LockFile, path: string) => Promise<void> | void): Promise<void> {
  const lock = await tryLock(path);
  if (lock === null) throw new Error(`${path} is held`);
  try {
    await body(lock, path);
  } finally {
    lock.close();
  }
}
