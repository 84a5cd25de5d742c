import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { homeAmong, typedCommands } from "../../lib/cli/typed_commands.ts";
import { LocalError } from "../../lib/errors/local_error.ts";

const here = (env: Record<string, string> = {}) => ({ env: { HOME: "/home/me", ...env }, cwd: "/cwd" });

describe("typedCommands()", () => {
  const hint = "`stigmer-local restart` applies them, `stigmer-local logs -f` shows more";

  it("adds the home to each command", () => {
    assertEquals(
      typedCommands("/cwd/it's", here()).inText(hint),
      "`stigmer-local restart --home '/cwd/it'\\''s'` applies them, `stigmer-local logs --home '/cwd/it'\\''s' -f` shows more",
    );
  });

  it("leaves commands unchanged that select the home themselves, whatever selected it here", () => {
    assertEquals(typedCommands("/home/me/.stigmer", here()).inText(hint), hint);
    assertEquals(typedCommands("/h", here({ STIGMER_HOME: "/h" })).inText(hint), hint);
    assertEquals(typedCommands("/cwd/h", here({ STIGMER_HOME: "h" })).inText(hint), hint);
  });

  it("names the default home if a variable selects another", () => {
    assertEquals(
      typedCommands("/home/me/.stigmer", here({ STIGMER_HOME: "/h" })).inText("stigmer-local stop"),
      "stigmer-local stop --home '/home/me/.stigmer'",
    );
  });

  it("names the home if no command line without a flag has one", () => {
    assertEquals(
      typedCommands("/h", { env: {}, cwd: "/" }).inText("stigmer-local stop"),
      "stigmer-local stop --home '/h'",
    );
  });

  it("leaves commands unchanged in a project, whose home they find, and repeat --no-project", () => {
    const file = { path: "/cwd/stigmer-local.yaml", kind: "project" as const, values: new Map(), processes: [] };
    const inProject = { ...here(), project: { path: file.path, file, fault: null } };
    assertEquals(typedCommands("/cwd/.stigmer", inProject).inText("stigmer-local stop"), "stigmer-local stop");
    assertEquals(
      typedCommands("/home/me/.stigmer", inProject).inText("stigmer-local stop"),
      "stigmer-local stop --home '/home/me/.stigmer'",
    );
    assertEquals(
      typedCommands("/home/me/.stigmer", here(), true).inText("`stigmer-local stop`, `stigmer-local init`"),
      "`stigmer-local stop --no-project`, `stigmer-local init`",
    );
    assertEquals(
      typedCommands("/h", here(), true).inText("stigmer-local stop"),
      "stigmer-local stop --home '/h' --no-project",
    );
  });

  it("leaves commands unchanged that have a home, or need none", () => {
    for (
      const text of [
        "See `stigmer-local help run`",
        "stigmer-local version",
        "`stigmer-local stop --home /other`",
        "`stigmer-local stop --force --home=/other`",
        "stigmer-local does not start or stop it",
        "stigmer-local start-up",
      ]
    ) assertEquals(typedCommands("/h", here()).inText(text), text);
  });

  it("completes a command that follows one with a home", () => {
    assertEquals(
      typedCommands("/h", here()).inText("stigmer-local stop --home /o; or stigmer-local start --port 1"),
      "stigmer-local stop --home /o; or stigmer-local start --home '/h' --port 1",
    );
  });

  it("does nothing the second time", () => {
    const { inText } = typedCommands("/h", here());
    assertEquals(inText(inText(hint)), inText(hint));
  });

  it("completes the texts of a JSON document, and nothing else", () => {
    const text = "stigmer-local stop";
    const typed = "stigmer-local stop --home '/h'";
    assertEquals(
      typedCommands("/h", here()).inValue({
        failure: { message: text, hint: text, facts: { lastWords: [text], argv: text } },
        checks: [{ detail: text, remedy: text, ok: true }],
        warnings: [text],
        pid: null,
      }),
      {
        failure: { message: typed, hint: typed, facts: { lastWords: [text], argv: text } },
        checks: [{ detail: typed, remedy: typed, ok: true }],
        warnings: [typed],
        pid: null,
      },
    );
  });

  it("completes the hint of an error", () => {
    const error = new LocalError("usage", "No", { hint: "stigmer-local stop" });
    assert(typedCommands("/h", here()).inError(error) === error);
    assertEquals(error.hint, "stigmer-local stop --home '/h'");
    const other = new Error("stigmer-local stop");
    assert(typedCommands("/h", here()).inError(other) === other);
    assertEquals(other.message, "stigmer-local stop");
  });
});

describe("homeAmong()", () => {
  it("finds the home of a command line that is wrong otherwise", () => {
    assertEquals(homeAmong(["statsu", "--hom", "--home", "h"], here()), "/cwd/h");
    assertEquals(homeAmong(["statsu", "--home=/h", "--nope"], here()), "/h");
    assertEquals(homeAmong(["statsu"], here()), "/home/me/.stigmer");
    assertEquals(homeAmong(["run", "--", "x", "--home", "/h"], here()), "/home/me/.stigmer");
    assertEquals(homeAmong(["stop", "--home"], here()), "/home/me/.stigmer");
    assertEquals(homeAmong(["stop"], { env: {}, cwd: "/" }), null);
  });
});
