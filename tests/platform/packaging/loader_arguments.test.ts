import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { loaderArguments } from "../../../lib/platform/packaging/loader_arguments.ts";

const resolve = (name: string) => `/clone/${name}`;

describe("loaderArguments()", () => {
  it("keeps options that preload a module, with = or without", () => {
    const loaders = ["--require", "/tsx/preflight.cjs", "--import", "file:///tsx/loader.mjs", "--import=data:text,x"];
    assertEquals(loaderArguments(loaders, resolve), [...loaders.slice(0, 4), "--import", "data:text,x"]);
  });

  it("drops other options and their values", () => {
    const options = ["--test", "--inspect=0", "--import", "/a.mjs", "--max-old-space-size", "100", "--import"];
    assertEquals(loaderArguments(options, resolve), ["--import", "/a.mjs"]);
  });

  it("resolves names and relative paths", () => {
    assertEquals(loaderArguments(["--import", "tsx", "-r", "./x.cjs"], resolve), [
      ...["--import", "/clone/tsx"],
      ...["-r", "/clone/./x.cjs"],
    ]);
  });
});
