import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  unlinkSync,
} from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { LocalError } from "../../../lib/errors/local_error.ts";
import { socketPath } from "../../../lib/platform/net/socket_path.ts";
import { throughLink } from "../../../lib/platform/net/socket_path_long.ts";
import { orUnseen } from "../../../lib/platform/processes/proc_files.ts";
import { descriptorsOf, isLinux, isRoot, withTempDir } from "../support.ts";

describe("socketPath()", () => {
  it("is the path itself as long as the kernel takes it, counted in bytes", async () => {
    const home = (length: number) => `/${"x".repeat(length - 1)}`;
    const pathOf = async (folder: string, platform: string) => (await socketPath(folder, "c.sock", platform)).path;
    assertEquals(await pathOf(home(100), "linux"), `${home(100)}/c.sock`); // 107 bytes
    assertEquals(await pathOf(home(96), "darwin"), `${home(96)}/c.sock`); // 103 bytes
    await assertRejects(() => socketPath(home(101), "c.sock", "linux"), LocalError, "Cannot open");
    await assertRejects(() => socketPath(home(97), "c.sock", "darwin"), LocalError, "Cannot create a short path");
    await assertRejects(() => socketPath(`/${"ü".repeat(51)}`, "c.sock", "linux"), LocalError, "Cannot open");
    assertEquals(await pathOf("/", "linux"), "/c.sock");
    assertEquals(await pathOf("/srv/", "linux"), "/srv/c.sock");
  });

  it(
    "leads to the socket in a home whose path is too long, and leaves no descriptor open",
    { skip: !isLinux },
    () =>
      withTempDir(async (folder) => {
        const home = deepFolder(folder);
        const { path, close } = await socketPath(home, "c.sock", "linux");
        try {
          await serveAndCall(path, path);
          assertEquals(readdirSync(home), []);
        } finally {
          close();
        }
        // The runtime's own come and go.
        const links = descriptorsOf(process.pid).map((fd) => orUnseen(() => readlinkSync(`/proc/self/fd/${fd}`)));
        assertEquals(links.filter((link) => link?.startsWith(folder)), []);
      }),
  );
});

describe("throughLink()", () => {
  it("leads to the socket in the home by a short way, the same each time", () =>
    withTempDir(async (folder) => {
      const home = deepFolder(folder);
      const first = throughLink(home, "c.sock", folder);
      const second = throughLink(home, "c.sock", folder);
      assertEquals(first.path, second.path);
      assertEquals(throughLink(join(home, ".."), "c.sock", folder).path === first.path, false);
      await serveAndCall(first.path, second.path);
      const own = join(folder, `stigmer-${process.geteuid!()}`);
      assertEquals(lstatSync(own).mode & 0o777, 0o700);
      assertEquals(readlinkSync(join(first.path, "..")), home);
    }));

  it("mends a link that leads elsewhere", () =>
    withTempDir((folder) => {
      const home = deepFolder(folder);
      const link = join(throughLink(home, "c.sock", folder).path, "..");
      unlinkSync(link);
      symlinkSync("/", link);
      throughLink(home, "c.sock", folder);
      assertEquals(readlinkSync(link), home);
    }));

  it("refuses a folder that others can look into, a link, and a file in its place", () =>
    withTempDir((folder) => {
      const home = deepFolder(folder);
      const own = join(folder, `stigmer-${process.geteuid!()}`);
      const isRefused = () =>
        assertThrows(() => throughLink(home, "c.sock", folder), LocalError, "not a private directory of this user");
      mkdirSync(own);
      chmodSync(own, 0o711);
      isRefused();
      chmodSync(own, 0o700);
      throughLink(home, "c.sock", folder);

      const elsewhere = join(folder, "elsewhere");
      mkdirSync(elsewhere);
      mkdirSync(join(elsewhere, "mine"), { mode: 0o700 });
      symlinkSync("mine", join(elsewhere, `stigmer-${process.geteuid!()}`));
      assertThrows(() => throughLink(home, "c.sock", elsewhere), LocalError, "not a private directory of this user");
    }));

  it("says so when no folder can be made", { skip: !isRoot && !isLinux }, () =>
    withTempDir((folder) => {
      const error = assertThrows(
        () => throughLink(deepFolder(folder), "c.sock", join(folder, "none")),
        LocalError,
        "ENOENT",
      );
      assertEquals([error.code, error.hint], ["home-unusable", "Choose a shorter --home"]);
    }));
});

/** A folder whose path is longer than a socket's may be. */
function deepFolder(folder: string): string {
  const home = join(folder, "long ".repeat(20).trim(), "ü".repeat(30));
  mkdirSync(home, { recursive: true });
  return home;
}

/** Binds a socket at `bindPath` and says a word through `callPath`. */
async function serveAndCall(bindPath: string, callPath: string): Promise<void> {
  const server = createServer((socket) => socket.end("hello"));
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(bindPath, resolve));
  try {
    assertEquals(existsSync(callPath), true);
    const said = await new Promise<string>((resolve, reject) => {
      let text = "";
      const socket = connect(callPath);
      socket.setEncoding("utf8").on("data", (part) => text += part).once("end", () => resolve(text)).once(
        "error",
        reject,
      );
    });
    assertEquals(said, "hello");
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}
