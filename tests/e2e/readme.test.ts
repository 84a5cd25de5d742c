import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { launch, ownTool, temporalBinary, type TestInstance, until, withInstance } from "./support.ts";
import { shellLine } from "./support_callers.ts";
import { killHard, pidsOf } from "./support_lifecycle.ts";
import { whileInUse } from "./support_strangers.ts";

/** Its name in the README. */
const BACKUP = "before-upgrade.db";

/** The output that the README shows below each command. */
function screens(): Map<string, string[]> {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const found = new Map<string, string[]>();
  let current: string[] | null = null;
  for (const line of readme.split("\n")) {
    const command = /^ {4}\$ (.*)$/.exec(line)?.[1];
    if (command !== undefined) found.set(command, current = []);
    else if (line.startsWith("    ")) current?.push(line.slice(4));
    else if (line === "" && current !== null) current.push("");
    else current = null;
  }
  return found;
}

/** An output up to an ellipsis, without what differs from run to run: numbers, file names, column widths. */
function gist(lines: readonly string[], { home, port, uiPort }: TestInstance): string[] {
  const ellipsis = lines.findIndex((line) => line.trim() === "…");
  const stand: [string | RegExp, string][] = [
    [join(home, BACKUP), `~/work/${BACKUP}`],
    [home, "~/.stigmer"],
    [homedir(), "~"],
    [temporalBinary(), "~/.stigmer/bin/temporal"],
    [/~\/\.stigmer\/bin\/temporal-[\d.]+/g, "~/.stigmer/bin/temporal"],
    [`${port}`, "7233"],
    [`${uiPort}`, "8233"],
    [/\b(deno|node)\b/g, "RUNTIME"],
    [/ \(server [\d.]+\)/g, ""], // of a build without its own version
    [/\d+(\.\d+)*(-DEV)?/g, "N"],
    [/\bN (s|min)\b/g, "N s"],
    [/\s+/g, " "],
  ];
  return (ellipsis < 0 ? lines : lines.slice(0, ellipsis))
    .map((line) => stand.reduce((text, [what, as]) => text.replaceAll(what, as), line).trim())
    .filter((line) => line !== "");
}

/** Runs a command of the README on this instance, and compares its output, both streams, with the README. */
async function assertShown(instance: TestInstance, command: string, exitCode: number, as = command): Promise<void> {
  const shown = screens().get(as);
  assert(shown !== undefined, `The README shows no \`${as}\` any more`);
  const { home, port, uiPort } = instance;
  const words = shellLine(ownTool(...command.split(" ").slice(1)));
  const isFirst = command.endsWith(" start");
  const env = { STIGMER_HOME: home, ...(isFirst ? { STIGMER_PORT: `${port}`, STIGMER_UI_PORT: `${uiPort}` } : {}) };
  const { code, stdout } = await launch(["sh", "-c", `${words} 2>&1`], { env }).ended;
  assertEquals(code, exitCode, stdout);
  const wanted = gist(shown, instance);
  assertEquals(gist(stdout.split("\n"), instance).slice(0, wanted.length), wanted, command);
}

describe("the README", () => {
  it("shows the real output of everyday commands", () =>
    withInstance(async (instance) => {
      await assertShown(instance, "stigmer-local start", 0, "make start");
      await assertShown(instance, "stigmer-local start", 0);
      await assertShown(instance, "stigmer-local status", 0);
      await assertShown(instance, "stigmer-local ls", 0);
      await assertShown(instance, "stigmer-local start --port 7300", 1);
      const { temporal } = pidsOf(await instance.status());
      await killHard(temporal);
      await until("it was restarted", async () => {
        const now = await instance.now();
        return now?.healthy && now.temporal?.pid !== temporal;
      });
      await assertShown(
        instance,
        `stigmer-local backup ${join(instance.home, BACKUP)}`,
        0,
        `stigmer-local backup ${BACKUP}`,
      );
      await assertShown(instance, "stigmer-local stop", 0);
    }));

  it("shows the real output of doctor for a port conflict", () =>
    withInstance(async (instance) => {
      await whileInUse(instance.port, async () => {
        const shown = screens().get("stigmer-local doctor");
        assert(shown !== undefined);
        const { code, stdout } = await instance.run(["doctor", "--port", `${instance.port}`]);
        assertEquals(code, 1);
        const said = gist(stdout.replaceAll(` --home '${instance.home}'`, "").split("\n"), instance);
        const [problem, remedy] = gist(shown, instance).map((line) => line.replace(/\(.*\)/, "").trim());
        const at = said.findIndex((line) => line.startsWith(problem!));
        assert(at >= 0, `${problem} is not in ${said.join("\n")}`);
        assertEquals(said[at + 1], remedy);
      });
    }));
});
