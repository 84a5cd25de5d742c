import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { explainGoFailure, NO_GO_PROGRESS, readGoLine } from "../../../lib/binary/go_build/go_output.ts";

describe("readGoLine()", () => {
  it("counts modules, then packages", () => {
    const lines = [
      "go: downloading github.com/temporalio/cli v1.5.1",
      "go: downloading modernc.org/sqlite v1.34.1",
      "internal/goarch",
      "gopkg.in/yaml.v3",
      "github.com/temporalio/cli/cmd/temporal",
    ];
    assertEquals(lines.reduce(readGoLine, NO_GO_PROGRESS), { phase: "compiling", modules: 2, packages: 3 });
  });

  it("passes over what is neither", () => {
    for (const line of ["", "go: finding module", "# runtime/cgo", "gcc: error: x", "/usr/bin/ld: cannot find -lc"]) {
      assertEquals(readGoLine(NO_GO_PROGRESS, line), NO_GO_PROGRESS);
    }
  });
});

describe("explainGoFailure()", () => {
  // As Go 1.26 said it, apart from the names.
  const cases: [output: string, message: string][] = [
    [
      "go: github.com/temporalio/cli/cmd/temporal@v1.5.1: github.com/temporalio/cli@v1.5.1 requires go >= 1.25.0 (running go 1.22.2; GOTOOLCHAIN=local)",
      "Go 1.22.2 is too old: 1.25.0 or newer is required",
    ],
    [
      'go: x@v1: Get "http://127.0.0.1:1/x/@v/v1.5.1.info": dial tcp 127.0.0.1:1: connect: connection refused',
      "the module proxy is unreachable",
    ],
    ["go: x@v1: module lookup disabled by GOPROXY=off", "Go's module downloads are disabled (GOPROXY=off)"],
    ["go: x@v1: reading https://proxy/x/@v/v9.9.9.info: 404 Not Found", "the module proxy does not have this version"],
    [
      "\tThe go.mod file for the module providing named packages contains one or more\n\treplace directives.",
      "`go install` cannot build this version (its go.mod has replace directives)",
    ],
    ["write /cache/x: no space left on device", "the disk is full"],
    ["go: downloading x v1\nsomething else went wrong\n", "something else went wrong"],
    ["go: x:\x1b]0;owned\x07odd", "go: x: ]0;owned odd"],
    ["", "no output"],
  ];
  for (const [output, message] of cases) {
    it(`says: ${message}`, () => {
      assertEquals(explainGoFailure(output).message, message);
    });
  }
});
