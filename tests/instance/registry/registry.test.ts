import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { entryName } from "../../../lib/instance/registry/entry.ts";
import {
  readRegistry,
  realPath,
  registryFolder,
  removeEntry,
  sweepRegistry,
  writeEntry,
} from "../../../lib/instance/registry/registry.ts";
import { currentHost } from "../../../lib/platform/runtime/current_host.ts";
import type { Host } from "../../../lib/platform/runtime/host.ts";
import { withTempDir } from "../../platform/support.ts";

const { folderOwner, uid, exists } = await currentHost();

/** A registry in a temporary home directory, and `make`, which makes a home and its entry there. */
function withRegistry(
  body: (registry: {
    host: Pick<Host, "env" | "uid" | "folderOwner" | "exists">;
    folder: string;
    place: string;
    make: (name: string, entry?: object) => string;
  }) => void,
): () => Promise<void> {
  return () =>
    withTempDir((given) => {
      const place = realPath(given)!;
      const host = { env: { HOME: place }, uid, folderOwner, exists };
      const folder = registryFolder(host, true)!;
      const make = (name: string, entry: object = {}) => {
        const home = join(place, name);
        mkdirSync(home, { mode: 0o700 });
        const text = JSON.stringify({ schema: 1, home, project: null, ...entry });
        writeFileSync(join(folder, entryName(home)), text);
        return home;
      };
      body({ host, folder, place, make });
    });
}

describe("the registry", () => {
  it(
    "holds an entry for each home, with its project",
    withRegistry(({ host, place, make }) => {
      const home = make("a", { project: "/somewhere" });
      assertEquals(readRegistry(host), [{ home, project: "/somewhere" }]);
      const other = join(place, "b");
      mkdirSync(other, { mode: 0o700 });
      writeEntry(host, { home: other, project: null }, false);
      assertEquals(readRegistry(host).map((each) => each.home).sort(), [home, other]);
      writeEntry(host, { home, project: null }, false);
      assertEquals(readRegistry(host).find((each) => each.home === home)?.project, "/somewhere");
      writeEntry(host, { home, project: "/moved" }, true);
      assertEquals(readRegistry(host).find((each) => each.home === home)?.project, "/moved");
      removeEntry(host, home);
      assertEquals(readRegistry(host), [{ home: other, project: null }]);
    }),
  );

  it(
    "removes what is no entry of an existing home, and nothing else",
    withRegistry(({ host, folder, place, make }) => {
      const home = make("kept");
      const half = entryName("/half");
      writeFileSync(join(folder, half), '{"schema":1,"home":"/ha');
      writeFileSync(join(folder, entryName("/gone")), JSON.stringify({ schema: 1, home: "/gone" }));
      writeFileSync(join(folder, entryName("/x")), JSON.stringify({ schema: 1, home, project: null }));
      writeFileSync(join(folder, entryName("relative")), JSON.stringify({ schema: 1, home: "relative" }));
      make("number", { home: 7 });
      make("future", { schema: 2 });
      symlinkSync(home, join(place, "link"));
      const link = join(place, "link");
      writeFileSync(join(folder, entryName(link)), JSON.stringify({ schema: 1, home: link, project: null }));
      symlinkSync("/etc/passwd", join(folder, entryName("/linked")));
      mkdirSync(join(folder, entryName("/folder"), "within"), { recursive: true });
      writeFileSync(join(folder, entryName("/big")), "x".repeat(100_000));
      const stale = join(folder, `${half}.0123abcd.tmp`);
      writeFileSync(stale, "");
      utimesSync(stale, 1, 1);
      for (const name of [`${half}.4567abcd.tmp`, "notes.txt"]) writeFileSync(join(folder, name), "");

      assertEquals(readRegistry(host), [{ home, project: null }]);
      const left = [entryName(home), entryName("/folder"), `${half}.4567abcd.tmp`, "notes.txt"];
      assertEquals(readdirSync(folder).sort(), left.sort());
      assertEquals(existsSync("/etc/passwd"), true);
    }),
  );

  it(
    "leaves out a home that others may write to",
    withRegistry(({ host, folder, make }) => {
      const home = make("shared");
      chmodSync(home, 0o777);
      assertEquals(readRegistry(host), []);
      assertEquals(readdirSync(folder).length, 1);
    }),
  );

  it(
    "is not read where others may write to it, or it belongs to another user",
    withRegistry(({ host, folder, make }) => {
      make("a");
      assertEquals(readRegistry({ ...host, uid: uid + 1 }), []);
      chmodSync(folder, 0o775);
      assertEquals(readRegistry(host), []);
      assertEquals(registryFolder(host, true), null);
    }),
  );

  it("names an entry by FNV-1a", () => {
    assertEquals(entryName(""), "cbf29ce484222325.json");
    assertEquals(entryName("foobar"), "85944171f73967e8.json");
  });

  it("does not exist without a home directory, and is not made in that of another user", () => {
    for (const HOME of [undefined, "", "relative", "/there/is/none"]) {
      assertEquals(registryFolder({ env: { HOME }, uid, folderOwner }, true), null);
    }
    return withTempDir((place) => {
      assertEquals(readRegistry({ env: {}, uid, folderOwner }), []);
      assertEquals(registryFolder({ env: { HOME: place }, uid: uid + 1, folderOwner }, true), null);
      assertEquals(readdirSync(place), []);
    });
  });

  it(
    "is swept only where it has become large",
    withRegistry(({ host, folder }) => {
      for (let n = 0; n < 50; n++) writeFileSync(join(folder, entryName(`/gone/${n}`)), "");
      sweepRegistry(host);
      assertEquals(readdirSync(folder).length, 50);
      writeFileSync(join(folder, entryName("/gone/50")), "");
      sweepRegistry(host);
      assertEquals(readdirSync(folder), []);
    }),
  );
});
