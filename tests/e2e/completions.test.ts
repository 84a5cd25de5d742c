import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { withTempDir } from "../platform/support.ts";
import { configure, launch, ownTool, withInstance } from "./support.ts";
import { shellLine } from "./support_callers.ts";
import { withProjects } from "./support_projects.ts";

/** The tool under its name, as one has it in a shell. */
function defineTool(name: string): string {
  const tool = shellLine(ownTool());
  return name === "fish" ? `function stigmer-local; ${tool} $argv; end\n` : `stigmer-local() { ${tool} "$@"; }\n`;
}

describe("completions", () => {
  it("completes commands, flags, their values, operands and the command of run in bash", (context) =>
    withCompletions(context, "bash", ({ script, home }) => {
      const complete = (...words: string[]) =>
        shell("bash", [
          "-c",
          'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _stigmer_local; echo "${COMPREPLY[@]}"',
          "-",
          script,
          ...words,
        ]);
      assertEquals(complete("stigmer-local", "sta"), "start status\n");
      assertEquals(complete("stigmer-local", "completions", "f"), "fish\n");
      assertEquals(complete("stigmer-local", "start", "--log-level", "=", "de"), "debug\n");
      assertEquals(complete("stigmer-local", "start", "--log-level", "="), "debug info warn error never\n");
      assertEquals(complete("stigmer-local", "start", "-f", script.slice(0, -2)), `${script}\n`);
      assertEquals(complete("stigmer-local", "status", "--tls-ca-path", "=", script.slice(0, -2)), `${script}\n`);
      assertEquals(complete("stigmer-local", "start", "--home", home.slice(0, -2)), `${home}\n`);
      assertStringIncludes(complete("stigmer-local", "run", "--", "basenam"), "basename");
      assertEquals(complete("stigmer-local", "--home", `'${home}'`, "run", "-n", "ord"), "orders\n");
      assertEquals(complete("stigmer-local", "--home", home, "install", "--remove", ""), "1.5.1 1.10.0\n");
      assertEquals(complete("stigmer-local", "--home", home, "status", "--profile", ""), "cloud my\\ own\n");
      assertEquals(complete("$(touch /nowhere)/stigmer-local", "sta"), "\n");
    }));

  it("calls the tool by its alias in bash", (context) =>
    withCompletions(context, "bash", ({ script }) => {
      const lines = [
        "shopt -s expand_aliases",
        `source ${script}`,
        "alias sl=stigmer-local",
        "complete -F _stigmer_local sl",
        'COMP_WORDS=(sl sta); COMP_CWORD=1; _stigmer_local; echo "${COMPREPLY[@]}"',
      ];
      assertEquals(shell("bash", ["-c", lines.join("\n")]), "start status\n");
    }));

  it("completes commands, flags, their values, operands and the command of run in fish", (context) =>
    withCompletions(context, "fish", ({ script, home }) => {
      const complete = (line: string) => shell("fish", ["-c", `source ${script}; complete -C '${line}'`]);
      assertEquals(complete("stigmer-local sta").split("\n").map((row) => row.split("\t")[0]), ["start", "status", ""]);
      assert(complete("stigmer-local logs --f").startsWith("--follow\t"));
      assertEquals(complete("stigmer-local completions f"), "fish\n");
      assertStringIncludes(complete("stigmer-local start --log-level=de"), "--log-level=debug\t");
      assertStringIncludes(complete(`stigmer-local start -f ${script.slice(0, -2)}`), script);
      assertStringIncludes(
        complete(`stigmer-local status --tls-ca-path=${script.slice(0, -2)}`),
        `--tls-ca-path=${script}`,
      );
      assertStringIncludes(complete(`stigmer-local start --home ${home.slice(0, -2)}`), home);
      assertStringIncludes(complete("stigmer-local run -- basenam"), "basename");
      assertEquals(complete("stigmer-local run -- echo restor"), "");
      assertStringIncludes(complete(`stigmer-local --home ${home} run -n ord`), "orders\t");
      assertStringIncludes(complete(`stigmer-local --home ${home} install --remove 1.`), "1.10.0\t");
      assertStringIncludes(complete(`stigmer-local --home ${home} status --profile=cl`), "--profile=cloud\t");
    }));

  it("completes commands, flags, their values, operands and the command of run in zsh", (context) =>
    withCompletions(context, "zsh", ({ script, home }) => {
      const complete = (line: string) => shell("zsh", ["-f", "-c", IN_ZSH, "-", script, line]);
      assertStringIncludes(complete("stigmer-local sto"), "stigmer-local stop");
      assertStringIncludes(complete("stigmer-local start --log-level=de"), "--log-level=debug");
      assertStringIncludes(complete(`stigmer-local start -f ${script.slice(0, -2)}`), script);
      assertStringIncludes(complete(`stigmer-local status --tls-ca-path=${script.slice(0, -2)}`), script);
      assertStringIncludes(complete(`stigmer-local start --home ${home.slice(0, -2)}`), home);
      assertStringIncludes(complete("stigmer-local run -- basenam"), "basename");
      assertStringIncludes(complete(`stigmer-local --home ${home} run -n ord`), "run -n orders");
      assertStringIncludes(complete(`stigmer-local --home ${home} install --remove 1.1`), "--remove 1.10.0");
      assertStringIncludes(complete(`stigmer-local --home ${home} status --profile my`), "--profile my\\ own");
    }));

  it("completes the namespaces of the running instance", () =>
    withInstance(async (instance) => {
      await instance.start(["--headless", "--namespace", "billing", "--namespace", "orders"]);
      const words = ["__complete", "--home", instance.home, "run", "--namespace", ""];
      const { stdout } = await launch(ownTool(...words)).ended;
      assertEquals(stdout.split("\n").map((line) => line.split("\t")[0]), ["billing", "orders", "default", ""]);
    }));

  it("completes the processes of the project, and a list of them", () =>
    withProjects([], async (folder) => {
      folder.write("shop/stigmer-local.yaml", "processes: { api: { command: a }, worker: { command: b } }");
      const offered = async (...words: string[]) => {
        const { stdout } = await folder.run("shop", ["__complete", ...words]);
        return stdout.split("\n").map((line) => line.split("\t")[0]).join(" ");
      };
      assertEquals(await offered("restart", ""), "api worker ");
      assertEquals(await offered("stop", "api", "--force", "w"), "worker ");
      assertEquals(await offered("run", "--ephemeral", "--with", "api,"), "api,api api,worker api,all ");
      assertEquals(await offered("run", "--ephemeral", "--with=a"), "--with=api --with=all ");
    }));

  it("prints nothing and exits 0 when it cannot tell", async () => {
    for (
      const words of [[], ["nonsense", ""], ["--home", "/dev/null", "status", "--namespace=x"], [
        "run",
        "--profile",
        "",
      ]]
    ) {
      const { code, stdout, stderr } = await launch(ownTool("__complete", ...words)).ended;
      assertEquals([code, stderr], [0, ""], words.join(" "));
      if (words.length > 0) assertEquals(stdout, "");
    }
  });

  it("suggests the shell that was meant", async () => {
    const { code, stderr } = await launch(ownTool("completions", "fisch")).ended;
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

/** A home with two versions installed, a namespace in its settings and, in `config.yaml`, a `temporal.toml` with two profiles. */
function makeHome(home: string): void {
  mkdirSync(join(home, "bin"), { recursive: true, mode: 0o700 });
  for (const version of ["1.10.0", "1.5.1"]) writeFileSync(join(home, "bin", `temporal-${version}`), "");
  writeFileSync(join(home, "temporal.toml"), '[profile.cloud]\naddress = "a:1"\n[profile."my own"]\n');
  configure({ home }, `namespaces: [orders], config_file: ${join(home, "temporal.toml")}`);
}

async function withCompletions(
  context: TestContext,
  name: string,
  body: (given: { script: string; home: string }) => void,
): Promise<void> {
  if (spawnSync(name, ["--version"]).error !== undefined) return context.skip(`${name} is not installed here`);
  const { code, stdout, stderr } = await launch(ownTool("completions", name)).ended;
  assertEquals(code, 0, stderr);
  await withTempDir((folder) => {
    const [script, home] = [join(folder, `completions.${name}`), join(folder, "home")];
    writeFileSync(script, defineTool(name) + stdout);
    makeHome(home);
    body({ script, home });
  });
}

function shell(command: string, args: string[]): string {
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: "utf8", timeout: 60_000 });
  assertEquals(status, 0, stderr);
  return stdout;
}
