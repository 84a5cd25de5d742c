import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { projectFiles, ROOT } from "../house/support.ts";

const FORMATTED = "/** A number. */\nexport const answer: number = 42;\n";
const TEST = `import { it } from "node:test";
import { assertEquals } from "@std/assert";
import { answer } from "../../lib/text/answer.ts";

it("is the answer", () => assertEquals(answer, 42));
`;

describe("the hooks of this repository", () => {
  const folder = mkdtempSync(join(tmpdir(), "sl-hooks-"));
  const clone = join(folder, "clone");
  const { STIGMER_TEST_DENO_CONFIG: denoConfig = "", ...others } = process.env; // that one belongs to this clone
  const env = { ...others, HOME: folder, GIT_CONFIG_GLOBAL: join(folder, "gitconfig") };

  const run = (...[file, ...args]: string[]): Promise<{ code: number; output: string }> =>
    new Promise((resolve) => {
      execFile(file!, args, { cwd: clone, env }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr });
      });
    });
  const succeed = async (...command: string[]) => {
    const { code, output } = await run(...command);
    assertEquals(code, 0, `${command.join(" ")}: ${output}`);
    return output;
  };
  const write = (path: string, text: string) => writeFileSync(join(clone, path), text);

  before(async () => {
    for (const file of projectFiles()) cpSync(join(ROOT, file), join(clone, file));
    // As after npm install and the choice of Deno's configuration, so that nothing is installed or fetched.
    for (const name of readdirSync(join(ROOT, "node_modules"))) {
      if (name === ".stigmer-local") continue;
      mkdirSync(join(clone, "node_modules"), { recursive: true });
      symlinkSync(join(ROOT, "node_modules", name), join(clone, "node_modules", name));
    }
    mkdirSync(join(clone, "node_modules", ".stigmer-local"));
    cpSync(join(clone, "package-lock.json"), join(clone, "node_modules", ".stigmer-local", "dev"));
    mkdirSync(join(clone, ".cache"));
    write(".cache/deno-config", `${basename(denoConfig)}\n`);
    write("../gitconfig", "[user]\nname = Ada\nemail = ada@localhost\n[init]\ndefaultBranch = main\n");
    await succeed("git", "init", "-q");
    await succeed("git", "add", ".");
    await succeed("git", "commit", "-qm", "begin");
    await succeed("git", "init", "-q", "--bare", "../origin.git");
    await succeed("git", "remote", "add", "origin", "../origin.git");
    await succeed("git", "push", "-q", "origin", "main");
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("are enabled by `make hooks`, and not before", async () => {
    assertEquals((await run("git", "config", "core.hooksPath")).output, "");
    await succeed("make", "hooks");
    assertEquals((await run("git", "config", "core.hooksPath")).output, ".githooks\n");
  });

  it("refuse a commit that is not formatted", async () => {
    write("lib/text/answer.ts", "export const answer:number=42\n");
    await succeed("git", "add", ".");
    const refused = await run("git", "commit", "-qm", "answer");
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.output, "FAIL format");
    write("lib/text/answer.ts", FORMATTED);
    write("tests/text/answer.test.ts", TEST);
    await succeed("git", "add", ".");
    await succeed("git", "commit", "-qm", "answer");
  });

  it("refuse a push whose own tests fail, and run no other tests", async () => {
    const output = await succeed("git", "push", "origin", "main");
    assertStringIncludes(output, "tests/text/answer.test.ts: 1 passed");
    assertEquals(output.match(/^ok /gm)?.length, 3, "the two of the house, and this one");
    write("lib/text/answer.ts", FORMATTED.replace("42", "43"));
    await succeed("git", "commit", "-qam", "another answer");
    const refused = await run("git", "push", "origin", "main");
    assertEquals(refused.code, 1);
    assertMatch(refused.output, /FAIL deno tests\/text\/answer\.test\.ts/);
    assertEquals(await succeed("git", "rev-list", "--count", "origin/main..main"), "1\n");
  });
});
