import { describe, it } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { changesOf, releasedChangelog } from "../../scripts/release/changelog.ts";
import { withVersion } from "../../scripts/release/version_files.ts";
import { VERSION } from "../../lib/platform/packaging/tool_version.ts";
import { read } from "./support.ts";

const CHANGELOG = "# Changelog\n\n## Unreleased\n\n### Added\n\n- A thing.\n\n## 0.1.0\n\n- All.\n";

describe("make release", () => {
  it("moves what is unreleased under the version, and takes the notes from there", () => {
    const released = releasedChangelog(CHANGELOG, "0.2.0", "2026-01-31")!;
    assertEquals(changesOf(released, "0.2.0"), "### Added\n\n- A thing.\n");
    assertEquals([changesOf(released, null), changesOf(released, "0.1.0")], [null, "- All.\n"]);
    assert(released.startsWith("# Changelog\n\n## Unreleased\n\n## 0.2.0 - 2026-01-31\n\n### Added"), released);
    assertEquals(releasedChangelog(released, "0.3.0", "2026-02-28"), null);
    assertEquals(changesOf(released, "0.2"), null);
  });

  it("states the version in every file that does", () => {
    const files = withVersion(VERSION, "9.8.7", read);
    for (const [path, text] of files) assert(text.includes("9.8.7"), path);
    assertEquals(files.size, 7);
    assertEquals(withVersion(VERSION, VERSION, read).get("package-lock.json"), read("package-lock.json"));
    assertThrows(() => withVersion("9.9.9", "10.0.0", read), Error, "deno.json does not say");
  });
});
