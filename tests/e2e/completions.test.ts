import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { withTempDir } from "../platform/support.ts";
import { launch, ownRuntime, toolCommand } from "./support.ts";

describe("completions", () => {
  it("completes commands, flags, their values, operands and the command of run in bash", (context) =>
    withCompletions(context, "bash", (script) => {
      const complete = (...words: string[]) =>
        shell("bash", [
          "-c",
          'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _stigmer_local; echo "${COMPREPLY[@]}"',
          "-",
          script,
          ...words,
        ]);
      assertEquals(complete("stigmer-local", "sta"), "start status\n");
      assertEquals(complete("stigmer-local", "logs", "--f"), "--follow\n");
      assertEquals(complete("stigmer-local", "completions", "f"), "fish\n");
      assertEquals(complete("stigmer-local", "start", "--log-level", "=", "de"), "debug\n");
      assertEquals(complete("stigmer-local", "env", "--shell", "f"), "fish\n");
      assertEquals(complete("stigmer-local", "start", "-f", script.slice(0, -2)), `${script}\n`);
      assertEquals(complete("stigmer-local", "logs", "-f", "--fo"), "--follow\n");
      assertEquals(complete("stigmer-local", "restore", script.slice(0, -2)), `${script}\n`);
      assertStringIncludes(complete("stigmer-local", "run", "--", "basenam"), "basename");
    }));

  it("completes commands, flags, their values, operands and the command of run in fish", (context) =>
    withCompletions(context, "fish", (script) => {
      const complete = (line: string) => shell("fish", ["-c", `source ${script}; complete -C '${line}'`]);
      assertEquals(complete("stigmer-local sta").split("\n").map((row) => row.split("\t")[0]), ["start", "status", ""]);
      assert(complete("stigmer-local logs --f").startsWith("--follow\t"));
      assertEquals(complete("stigmer-local completions f"), "fish\n");
      assertStringIncludes(complete("stigmer-local start --log-level=de"), "--log-level=debug\t");
      assertStringIncludes(complete("stigmer-local env --shell f"), "fish\t");
      assertStringIncludes(complete(`stigmer-local start -f ${script.slice(0, -2)}`), script);
      assertStringIncludes(complete("stigmer-local run -- basenam"), "basename");
      assertEquals(complete("stigmer-local run -- echo restor"), "");
    }));

  it("completes commands, flags, their values, operands and the command of run in zsh", (context) =>
    withCompletions(context, "zsh", (script) => {
      const complete = (line: string) => shell("zsh", ["-f", "-c", IN_ZSH, "-", script, line]);
      assertStringIncludes(complete("stigmer-local sto"), "stigmer-local stop");
      assertStringIncludes(complete("stigmer-local logs --fol"), "stigmer-local logs --follow");
      assertStringIncludes(complete("stigmer-local start --log-level=de"), "--log-level=debug");
      assertStringIncludes(complete("stigmer-local env --shell f"), "--shell fish");
      assertStringIncludes(complete(`stigmer-local start -f ${script.slice(0, -2)}`), script);
      assertStringIncludes(complete("stigmer-local run -- basenam"), "basename");
      assertStringIncludes(complete("stigmer-local help restar"), "help restart");
    }));

  it("suggests the shell that was meant", async () => {
    const { code, stderr } = await launch([...toolCommand(ownRuntime), "completions", "fisch"]).ended;
    assertEquals(code, 2);
    assertStringIncludes(stderr, "completions fish");
  });
});

/** A line editor completes only on a terminal: zsh's own pseudo terminal gives it one. */
const IN_ZSH = `
zmodload zsh/zpty
zpty inner zsh -f -i
zpty -w inner "autoload -Uz compinit; compinit -u -D; source $1; PS1=; bindkey '^X' complete-word; echo REA''DY"
zpty -r -m inner shown '*READY*'
zpty -w -n inner "$2"$'\\C-x\\C-a: \\C-e; echo DO""NE\\n'
zpty -r -m inner shown '*DONE*'
print -r -- "$shown"
zpty -d inner
`;

async function withCompletions(context: TestContext, name: string, body: (script: string) => void): Promise<void> {
  if (spawnSync(name, ["--version"]).error !== undefined) return context.skip(`${name} is not installed here`);
  const { code, stdout, stderr } = await launch([...toolCommand(ownRuntime), "completions", name]).ended;
  assertEquals(code, 0, stderr);
  await withTempDir((folder) => {
    const script = join(folder, `completions.${name}`);
    writeFileSync(script, stdout);
    body(script);
  });
}

function shell(command: string, args: string[]): string {
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: "utf8", timeout: 60_000 });
  assertEquals(status, 0, stderr);
  return stdout;
}
