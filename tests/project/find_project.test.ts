import { describe, it } from "node:test";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { LocalError } from "../../lib/errors/local_error.ts";
import type { Owner } from "../../lib/platform/runtime/host.ts";
import { findProject, namedProject } from "../../lib/project/find_project.ts";

const ME = 1000;
const OTHER = 1001;

/** Files and folders, with owner and permissions; missing folders belong to root. */
function host(entries: Record<string, Partial<Owner>>, uid = ME) {
  const ownerOf = (path: string): Owner => ({ uid, gid: 100, mode: 0o755, ...entries[path] });
  return {
    uid,
    exists: (path: string) => path in entries,
    owner: (path: string) => path in entries ? ownerOf(path) : null,
    folderOwner: (path: string) => {
      if (path in entries) return path.endsWith(".yaml") ? null : ownerOf(path);
      return { uid: 0, gid: 0, mode: 0o755 };
    },
  };
}

const FILE = "/home/me/shop/stigmer-local.yaml";
const mine = { mode: 0o644 };

function refusal(entries: Record<string, Partial<Owner>>, cwd = "/home/me/shop", uid = ME) {
  const error = assertThrows(() => findProject(host(entries, uid), cwd), LocalError);
  assertEquals([error.code, error.exitCode], ["project-unusable", 1]);
  return { message: error.message, hint: error.hint };
}

describe("findProject()", () => {
  it("finds the nearest project file from the working folder upwards", () => {
    const here = host({ [FILE]: mine, "/home/me/shop/api/stigmer-local.yaml": mine, "/stigmer-local.yaml": mine });
    assertEquals(findProject(here, "/home/me/shop"), FILE);
    assertEquals(findProject(here, "/home/me/shop/web/src/deep"), FILE);
    assertEquals(findProject(here, "/home/me/shop/api/cmd"), "/home/me/shop/api/stigmer-local.yaml");
    assertEquals(findProject(here, "/home"), "/stigmer-local.yaml");
    assertEquals(findProject(here, "/"), "/stigmer-local.yaml");
    assertEquals(findProject(host({}), "/home/me/shop"), null);
  });

  it("refuses a file with another ending, which would be ignored in silence, unless there is the right one", () => {
    const misnamed = { "/home/me/shop/stigmer-local.yml": mine };
    const { message, hint } = refusal(misnamed, "/home/me/shop/src");
    assertEquals(message, "/home/me/shop/stigmer-local.yml is not read: a project file is called stigmer-local.yaml");
    assertStringIncludes(hint!, `\`mv '/home/me/shop/stigmer-local.yml' '${FILE}'\` renames it`);
    assertEquals(findProject(host({ ...misnamed, [FILE]: mine }), "/home/me/shop"), FILE);
  });

  it("does not look beyond a folder that others may write to", () => {
    for (const mode of [0o777, 0o1777, 0o775, 0o757]) {
      const shared = { [FILE]: mine, "/home/me/shop/tmp": { mode } };
      assertEquals(findProject(host(shared), "/home/me/shop/tmp/x"), null, mode.toString(8));
      assertEquals(findProject(host(shared), "/home/me/shop/tmp"), null);
    }
  });

  it("uses the user's own file in such a folder, and passes over one that others put there", () => {
    const shared = { "/tmp": { uid: 0, mode: 0o1777 } };
    const own = { ...shared, "/tmp/stigmer-local.yaml": mine };
    const foreign = { ...shared, "/tmp/stigmer-local.yaml": { ...mine, uid: OTHER } };
    assertEquals(findProject(host(own), "/tmp/x/y"), "/tmp/stigmer-local.yaml");
    assertEquals(findProject(host(foreign), "/tmp/x/y"), null);
    // In the working folder itself, it is refused and not silently left out.
    assertEquals(
      refusal(foreign, "/tmp").message,
      "Cannot use /tmp/stigmer-local.yaml: it belongs to user 1001, and this is user 1000",
    );
  });

  it("refuses a file of another user by name, for root too", () => {
    const foreign = { [FILE]: { ...mine, uid: OTHER } };
    assertEquals(refusal(foreign, "/home/me/shop/src"), {
      message: `Cannot use ${FILE}: it belongs to user 1001, and this is user 1000`,
      hint: `\`chown 1000 '${FILE}'\`, as root, makes it yours; \`--no-project\` ignores it`,
    });
    assertEquals(
      refusal(foreign, "/home/me/shop", 0).message.endsWith("it belongs to user 1001, and this is root"),
      true,
    );
    assertEquals(findProject(host({ [FILE]: { ...mine, uid: 0 } }), "/home/me/shop"), FILE);
  });

  it("refuses a file that others may write to by name", () => {
    for (const mode of [0o664, 0o646, 0o666]) {
      assertEquals(refusal({ [FILE]: { mode } }), {
        message: `Cannot use ${FILE}: others may write to it (mode ${mode.toString(8)})`,
        hint: `\`chmod go-w '${FILE}'\` removes their write permission; \`--no-project\` ignores it`,
      });
    }
    assertEquals(
      refusal({ [FILE]: { uid: 0, gid: 0, mode: 0o664 } }, "/home/me/shop", 0).message.includes("664"),
      true,
    );
  });

  it("accepts what only the private group of its user may write, as with the umask 002", () => {
    const cloned = { gid: ME, mode: 0o775 };
    const here = { "/home/me/shop": cloned, "/home/me/shop/src": cloned, [FILE]: { gid: ME, mode: 0o664 } };
    assertEquals(findProject(host(here), "/home/me/shop/src"), FILE);
    refusal({ [FILE]: { gid: ME, mode: 0o666 } });
    refusal({ [FILE]: { uid: OTHER, gid: OTHER, mode: 0o664 } });
  });
});

describe("namedProject()", () => {
  it("takes the file that is named, under the same conditions", () => {
    assertEquals(namedProject(host({ [FILE]: mine }), FILE), FILE);
    for (const entries of [{}, { [FILE]: { mode: 0o666 } }, { [FILE]: { uid: OTHER } }]) {
      assertEquals(assertThrows(() => namedProject(host(entries), FILE), LocalError).code, "project-unusable");
    }
  });

  it("tells that a directory is none, and not to change its permissions", () => {
    const tmp = host({ "/tmp": { uid: 0, mode: 0o1777 } });
    const { message, hint } = assertThrows(() => namedProject(tmp, "/tmp"), LocalError);
    assertEquals(message, "The project file /tmp is a directory");
    assertEquals(hint, "$STIGMER_PROJECT names it: correct or unset it");
  });
});
