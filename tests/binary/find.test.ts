import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { findManaged, type FindOptions, findTemporal } from "../../lib/binary/find.ts";
import { forgetStandIn, installFolder, keepStandIn, standInFor } from "../../lib/binary/store.ts";
import { unsearchedFolders } from "../../lib/binary/unsearched_folders.ts";
import { LocalError } from "../../lib/errors/local_error.ts";
import { managedBinaryPath, storePath } from "../../lib/instance/paths.ts";
import { withTempDir } from "../support.ts";

function program(path: string, mode = 0o755): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, "#!/bin/sh\n", { mode });
  return path;
}

function optionsIn(folder: string, more: Partial<FindOptions> = {}): FindOptions {
  return {
    home: join(folder, "home"),
    version: "1.5.1",
    cwd: folder,
    env: { PATH: "", HOME: join(folder, "user") },
    ...more,
  };
}

describe("findTemporal()", () => {
  it("takes the binary that a person named, relative to the working folder", () =>
    withTempDir((folder) => {
      const path = program(join(folder, "my temporal"));
      program(managedBinaryPath(join(folder, "home", "bin"), "1.5.1"));
      const { binary } = findTemporal(optionsIn(folder, { explicit: "./my temporal" }));
      assertEquals(binary, { path, source: "explicit", version: null });
    }));

  it("says what is wrong with the binary that a person named, and takes no other", () =>
    withTempDir((folder) => {
      program(managedBinaryPath(join(folder, "home", "bin"), "1.5.1"));
      program(join(folder, "plain"), 0o644);
      mkdirSync(join(folder, "folder"));
      writeFileSync(join(folder, "empty"), "", { mode: 0o755 });
      writeFileSync(join(folder, "letter"), "Dear Ada", { mode: 0o755 });
      writeFileSync(join(folder, "script"), "#!/no/such/interpreter\n", { mode: 0o755 });
      symlinkSync("circle", join(folder, "circle"));
      const faults = {
        none: "not found",
        plain: "not executable",
        folder: "a directory",
        empty: "empty",
        letter: "neither a binary nor a script",
        script: "a script for '/no/such/interpreter', which is not installed",
        circle: "too many levels of symbolic links",
        "plain/x": "not found",
      };
      for (const [explicit, fault] of Object.entries(faults)) {
        const error = assertThrows(() => findTemporal(optionsIn(folder, { explicit })), LocalError, fault);
        assertEquals(error.code, "binary-not-found");
        assert(error.message.includes("STIGMER_TEMPORAL_BIN"));
      }
    }));

  it("tells a binary for another platform before it is run", () =>
    withTempDir((folder) => {
      const foreign = Uint8Array.from({ length: 64 }, (_, i) =>
        [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1][i] ?? (i === 18 ? 8 : 0)); // MIPS
      writeFileSync(join(folder, "mips"), foreign, { mode: 0o755 });
      const find = () =>
        findTemporal(optionsIn(folder, { explicit: "mips" }));
      assertThrows(find, LocalError, "built for linux machine 8");
    }));

  it("prefers the managed binary to one on PATH", () =>
    withTempDir((folder) => {
      const env = { PATH: join(folder, "bin"), HOME: folder };
      const onPath = program(join(folder, "bin", "temporal"));
      assertEquals(findTemporal(optionsIn(folder, { env })).binary, { path: onPath, source: "path", version: null });
      const managed = program(managedBinaryPath(join(folder, "home", "bin"), "1.5.1"));
      assertEquals(findTemporal(optionsIn(folder, { env })).binary, {
        path: managed,
        source: "managed",
        version: "1.5.1",
      });
    }));

  it("passes over entries of PATH that can't be run, or are relative", () =>
    withTempDir((folder) => {
      program(join(folder, "temporal"));
      program(join(folder, "a", "temporal"), 0o644);
      mkdirSync(join(folder, "c", "temporal"), { recursive: true });
      const good = program(join(folder, "d", "temporal"));
      const PATH = ["", ".", ...["a", "c", "missing", "d"].map((name) => join(folder, name))].join(":");
      const found = findTemporal(optionsIn(folder, { env: { PATH } }));
      assertEquals(found.binary?.path, good);
      assertEquals(found.tried.slice(1).map((line) => line.replace(folder, "")), [
        "/a/temporal: not executable by this user",
        "/c/temporal: a directory",
      ]);
    }));

  it("looks into ~/.temporalio/bin at last", () =>
    withTempDir((folder) => {
      const path = program(join(folder, "user", ".temporalio", "bin", "temporal"));
      assertEquals(findTemporal(optionsIn(folder)).binary, { path, source: "path", version: null });
    }));

  it("passes over the link that `run` puts on the PATH of its command", () =>
    withTempDir((folder) => {
      program(join(folder, "home", "run-path", "temporal"));
      const good = program(join(folder, "bin", "temporal"));
      const PATH = `${join(folder, "home", "run-path")}:${join(folder, "bin")}`;
      assertEquals(findTemporal(optionsIn(folder, { env: { PATH } })).binary?.path, good);
    }));

  it("looks on macOS where Homebrew and Go install, which an application's PATH lacks", () =>
    withTempDir((folder) => {
      const path = program(join(folder, "user", "go", "bin", "temporal"));
      const PATH = "/no-usr/bin:/no-bin:/no-usr/sbin:/no-sbin";
      const env = { PATH, HOME: join(folder, "user") };
      assertEquals(findTemporal(optionsIn(folder, { env, platform: "darwin" })).binary?.path, path);
      assertEquals(findTemporal(optionsIn(folder, { env, platform: "linux" })).binary, null);
      assertEquals(unsearchedFolders("darwin", "/Users/ada"), [
        "/opt/homebrew/bin",
        "/usr/local/bin",
        "/Users/ada/go/bin",
      ]);
    }));

  it("finds nothing, and tells where it looked", () =>
    withTempDir((folder) => {
      const { binary, tried } = findTemporal(optionsIn(folder));
      assertEquals(binary, null);
      assertEquals(tried.length, 3);
    }));
});

describe("findManaged()", () => {
  const store = (folder: string) => join(folder, "user", ".stigmer", "bin");

  it("finds what the home holds already, then what the store of this user holds, whatever the home", () =>
    withTempDir((folder) => {
      const shared = program(managedBinaryPath(store(folder), "1.5.1"));
      assertEquals(findManaged(optionsIn(folder))?.path, shared);
      assertEquals(findManaged(optionsIn(folder, { home: join(folder, "other") }))?.path, shared);
      const own = program(managedBinaryPath(join(folder, "home", "bin"), "1.5.1"));
      assertEquals(findManaged(optionsIn(folder))?.path, own);
      assertEquals(findManaged(optionsIn(folder, { home: join(folder, "other") }))?.path, shared);
    }));

  it("looks into the store that STIGMER_STORE names, relative to the working folder, and not into the default one", () =>
    withTempDir((folder) => {
      program(managedBinaryPath(store(folder), "1.5.1"));
      const env = { HOME: join(folder, "user"), STIGMER_STORE: "cache" };
      assertEquals(findManaged(optionsIn(folder, { env })), null);
      const cached = program(managedBinaryPath(join(folder, "cache"), "1.5.1"));
      assertEquals(findManaged(optionsIn(folder, { env }))?.path, cached);
    }));

  it("takes the home for the store of a user without a home directory", () =>
    withTempDir((folder) => {
      assertEquals(storePath("/h", {}, folder), "/h/bin");
      assertEquals(storePath("/h", { HOME: "/home/me/" }, folder), "/home/me/.stigmer/bin");
      assertEquals(storePath("/h", { HOME: "/home/me", STIGMER_STORE: "/s" }, folder), "/s");
    }));

  it("runs nothing from a store that other users can write to, and installs nothing there", () =>
    withTempDir((folder) => {
      program(managedBinaryPath(store(folder), "1.5.1"));
      chmodSync(store(folder), 0o777);
      const tried: string[] = [];
      assertEquals(findManaged(optionsIn(folder), tried), null);
      assert(tried[1]!.endsWith("temporal-1.5.1: other users may write to its directory"), tried[1]);
      assertEquals(installFolder(optionsIn(folder)), join(folder, "home", "bin"));
      const env = { STIGMER_STORE: store(folder) };
      const error = assertThrows(
        () => installFolder(optionsIn(folder, { env })),
        LocalError,
        "as the store of binaries",
      );
      assert(error.hint?.includes("chmod go-w"), error.hint);
    }));

  it("installs into the home where the store cannot be created", () =>
    withTempDir((folder) => {
      writeFileSync(join(folder, "user"), "");
      assertEquals(installFolder(optionsIn(folder)), join(folder, "home", "bin"));
      const env = { STIGMER_STORE: join(folder, "user", "store") };
      assertEquals(installFolder(optionsIn(folder, { env })), join(folder, "user", "store"));
    }));

  it("finds the version that serves instead of the default, unless a version is selected or that one is there", () =>
    withTempDir((folder) => {
      const built = program(managedBinaryPath(store(folder), "1.5.1"));
      const options = optionsIn(folder, { version: "1.8.2", mayStandIn: true });
      assertEquals(findManaged(options), null);
      keepStandIn("1.8.2", "1.5.1", store(folder));
      assertEquals(findManaged(options), { path: built, source: "managed", version: "1.5.1" });
      assertEquals(findManaged({ ...options, mayStandIn: false }), null);
      assertEquals(findManaged({ ...options, version: "1.9.1" }), null);
      const newer = program(managedBinaryPath(store(folder), "1.8.2"));
      assertEquals(findManaged(options)?.path, newer);
      forgetStandIn("1.9.1", store(folder));
      assertEquals(standInFor("1.8.2", store(folder)), "1.5.1");
      forgetStandIn("1.8.2", store(folder));
      assertEquals(standInFor("1.8.2", store(folder)), null);
    }));
});
