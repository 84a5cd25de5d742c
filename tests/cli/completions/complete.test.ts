import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { COMMANDS, flagsOf } from "../../../lib/cli/command_specs.ts";
import { complete, readCobraCandidates, renderCompletion } from "../../../lib/cli/completions/complete.ts";

/** The values offered for the last word of `line`, or what kind of thing may stand there. */
function at(line: string): string[] | string {
  const completion = complete(line.split(" "));
  switch (completion.kind) {
    case "candidates":
      return completion.candidates.map(({ value }) => value);
    case "known":
      return `${completion.written}${completion.values}`;
    default:
      return completion.kind;
  }
}

describe("complete()", () => {
  it("knows every command and every flag of it", () => {
    assertEquals(at(""), COMMANDS.map(({ name }) => name));
    for (const command of COMMANDS) {
      assertEquals(at(`${command.name.slice(0, -1)}`).includes(command.name), true);
      if (command.passesOn === true) continue; // its flags come before its name
      for (const { name, alias } of flagsOf(command)) {
        assertEquals(at(`${command.name} --${name}`).includes(`--${name}`), true, name);
        if (alias !== undefined) assertEquals(at(`${command.name} -`).includes(`-${alias}`), true, name);
      }
    }
  });

  it("tells what a command and a flag are for", () => {
    assertEquals(complete(["uninstall"]), { kind: "candidates", candidates: [] });
    const [wait] = COMMANDS.filter(({ name }) => name === "wait");
    assertEquals(complete(["wai"]), {
      kind: "candidates",
      candidates: [{ value: "wait", description: wait!.summary }],
    });
  });

  it("offers commands after flags, and flags of start without a command", () => {
    assertEquals(at("--home x sta"), ["start", "status"]);
    assertEquals(at("-q -p 7300 sto"), ["stop"]);
    assertEquals(at("--fore"), ["--foreground"]);
    assertEquals(at("stop --fore"), []);
  });

  it("offers the values of a flag, behind it and behind its equals sign", () => {
    assertEquals(at("start --log-level de"), ["debug"]);
    assertEquals(at("start --log-level=de"), ["--log-level=debug"]);
    assertEquals(at("--log-level=de"), ["--log-level=debug"]);
    assertEquals(at("env --shell f"), ["fish"]);
    assertEquals(at("start --port "), ["auto"]);
    assertEquals(at("start -p a"), ["auto"]);
    assertEquals(at("start --managed="), ["--managed=true", "--managed=false"]);
    assertEquals(at("start --search-attribute Customer=Key"), ["Customer=Keyword", "Customer=KeywordList"]);
    assertEquals(at("start --search-attribute=Customer=B"), ["--search-attribute=Customer=Bool"]);
    assertEquals(at("start --search-attribute Cust"), []);
  });

  it("goes by the letters of the command", () => {
    assertEquals(at("start -f "), "files");
    assertEquals(at("logs -f --fo"), ["--follow"]);
    assertEquals(at("logs -fn "), []);
    assertEquals(at("logs -f wor"), "logs");
    assertEquals(at("logs api "), "logs");
    for (const command of ["start", "stop", "restart"]) assertEquals(at(`${command} api wor`), "processes");
    assertEquals(at("run --ephemeral --with "), "processes");
    assertEquals(at("run --ephemeral --with api,wor"), "api,processes");
    assertEquals(at("run --ephemeral --with=api,wor"), "--with=api,processes");
    assertEquals(at("status -n "), "namespaces");
    assertEquals(at("status -qn "), "namespaces");
    assertEquals(at("status -nq sta"), []);
  });

  it("offers paths where a path is wanted", () => {
    assertEquals(at("start --home "), "folders");
    assertEquals(at("start --home=/e"), "folders");
    assertEquals(at("start --temporal-bin x"), "files");
    assertEquals(at("status --tls-ca-path=x"), "files");
    assertEquals(at("restore b"), "files");
  });

  it("leaves to the machine which versions, profiles and namespaces there are", () => {
    assertEquals(at("start --version "), "versions");
    assertEquals(at("install --remove=1"), "--remove=versions");
    assertEquals(at("run --profile c"), "profiles");
    assertEquals(at("env --namespace=o"), "--namespace=namespaces");
    assertEquals(at("run -n o"), "namespaces");
  });

  it("offers operands", () => {
    assertEquals(at("completions "), ["bash", "zsh", "fish"]);
    assertEquals(at("help restar"), ["restart"]);
    assertEquals(at("status s"), []);
  });

  it("leaves what follows -- to the command that stands there", () => {
    assertEquals(at("run -- "), "command");
    assertEquals(at("run --ephemeral -- npm --"), "command");
    assertEquals(at("start -- --sqlite"), "files");
    assertEquals(at("run --"), ["--ephemeral", ...at("run --").slice(1)]);
  });

  it("leaves what follows `temporal` to Temporal's own CLI, flags and -- included", () => {
    for (const line of ["workflow li", "workflow list --na", "--ho", "", "-- -"]) {
      const expected = { kind: "temporal", args: line.split(" ") } as const;
      assertEquals(complete(["--home", "/x", "temporal", ...line.split(" ")]), expected);
    }
    assertEquals(at("tempo"), ["temporal"]);
  });

  it("reads what Temporal's own CLI offers", () => {
    const output = "list\tList Workflow Executions\ndescribe\n_activeHelp_ nothing\n:4\n";
    assertEquals(readCobraCandidates(output), [
      { value: "list", description: "List Workflow Executions" },
      { value: "describe" },
    ]);
  });

  it("offers nothing for a command or a flag that there is not", () => {
    assertEquals(at("nonsense "), []);
    assertEquals(at("start --nonsense="), []);
  });
});

describe("renderCompletion()", () => {
  it("writes a line a candidate, or what the shell is to complete", () => {
    const candidates = [{ value: "a", description: "first" }, { value: "b" }];
    assertEquals(renderCompletion({ kind: "candidates", candidates }), "a\tfirst\nb\n");
    assertEquals(renderCompletion({ kind: "candidates", candidates: [] }), "");
    assertEquals(renderCompletion({ kind: "folders" }), ":folders\n");
  });
});
