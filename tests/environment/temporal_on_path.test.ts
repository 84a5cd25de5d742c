import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { temporalOnPath } from "../../lib/environment/temporal_on_path.ts";

function pathWith(path: string | undefined, home = "/h", hasLink = true): Readonly<Record<string, string | null>> {
  return temporalOnPath(
    { env: { PATH: path }, exists: (each) => hasLink && each === `${home}/run-path/temporal` },
    home,
  );
}

describe("temporalOnPath()", () => {
  it("puts the folder of the link first", () => {
    assertEquals(pathWith("/usr/bin:/bin"), { PATH: "/h/run-path:/usr/bin:/bin" });
    assertEquals(pathWith("/other/run-path:/bin"), { PATH: "/h/run-path:/other/run-path:/bin" });
  });

  it("changes nothing without a link, or where the folder is first already", () => {
    assertEquals(pathWith("/usr/bin", "/h", false), {});
    assertEquals(pathWith("/h/run-path:/usr/bin"), {});
  });

  it("changes nothing where PATH is missing, which means the system's default, or cannot hold the home", () => {
    assertEquals(pathWith(undefined), {});
    assertEquals(pathWith(""), {});
    assertEquals(pathWith("/bin", "/with:colon"), {});
  });
});
