import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { assertEquals } from "@std/assert";
import { renderEnvironment } from "../../lib/environment/client_environment.ts";
import { withTempDir } from "../platform/support.ts";
import { launch, ownTool, withInstance } from "./support.ts";

/** A namespace that every shell must quote. */
const ODD = 'it\'s "odd" $(echo no) `no` \\ $HOME *;#';

/** How each shell reads the variables, and prints them. */
const SHELLS: Readonly<Record<string, string>> = {
  sh: 'eval "$("$@")"; printf "%s\\n" "$TEMPORAL_ADDRESS" "$TEMPORAL_NAMESPACE" "$TEMPORAL_UI_URL"',
  bash: 'eval "$("$@")"; printf "%s\\n" "$TEMPORAL_ADDRESS" "$TEMPORAL_NAMESPACE" "$TEMPORAL_UI_URL"',
  zsh: 'eval "$("$@")"; printf "%s\\n" "$TEMPORAL_ADDRESS" "$TEMPORAL_NAMESPACE" "$TEMPORAL_UI_URL"',
  fish: '$argv | source; printf "%s\\n" "$TEMPORAL_ADDRESS" "$TEMPORAL_NAMESPACE" "$TEMPORAL_UI_URL"',
};

function missing(shell: string): string | false {
  return spawnSync(shell, ["-c", "exit 0"]).status === 0
    ? false
    : `THERE IS NO ${shell} HERE: its variables are not tried`;
}

describe("env", () => {
  for (const [shell, script] of Object.entries(SHELLS)) {
    it(
      `gives ${shell} the variables, whatever is in them`,
      { skip: missing(shell) },
      () =>
        withInstance(async ({ home }) => {
          const env = ownTool("env", "--home", home, "--port", "7300", "--namespace", ODD);
          const asked = shell === "fish" ? [...env, "--shell", "fish"] : env;
          const args = shell === "fish" ? ["-c", script, ...asked] : ["-c", script, shell, ...asked];
          const { stdout, stderr, code } = await launch([shell, ...args], { env: { SHELL: `/bin/${shell}` } }).ended;
          assertEquals([code, stdout], [0, `127.0.0.1:7300\n${ODD}\nhttp://127.0.0.1:8300\n`], stderr);
        }),
    );
  }

  it("detects fish by $SHELL, and refuses an unknown shell", () =>
    withInstance(async (instance) => {
      const fish = await instance.run(["env"], { env: { SHELL: "/usr/bin/fish" } });
      assertEquals(fish.stdout.split(" ")[0], "set");
      const other = await instance.run(["env"], { env: { SHELL: "/usr/bin/nu" } });
      assertEquals(other.stdout.split(" ")[0], "export");
      assertEquals((await instance.run(["env", "--shell", "nu"])).code, 2);
    }));

  it("quotes any value so that Node reads it from a file", async () => {
    const node = process.env["STIGMER_TEST_NODE"]!;
    await withTempDir(async (folder) => {
      for (const value of ["plain", "", "it's", 'say "x" $HOME `no` \\n #1', "it's $HOME \\n", "a\nb", " spaces "]) {
        writeFileSync(join(folder, ".env"), renderEnvironment({ ODD: value }, "dotenv"));
        const read = await launch([
          node,
          `--env-file=${join(folder, ".env")}`,
          "-e",
          "process.stdout.write(JSON.stringify(process.env.ODD))",
        ]).ended;
        assertEquals(JSON.parse(read.stdout), value, read.stderr);
      }
    });
  });

  it("prints a file that Node reads, and JSON, for the running instance", () =>
    withInstance(async (instance) => {
      const { address } = await instance.start(["--headless", "--namespace", "orders"]);
      const dotenv = await instance.run(["env", "--dotenv"]);
      const file = join(instance.home, ".env");
      writeFileSync(file, dotenv.stdout);
      const print = "console.log(JSON.stringify([process.env.TEMPORAL_ADDRESS, process.env.TEMPORAL_NAMESPACE]))";
      const node = process.env["STIGMER_TEST_NODE"]!;
      const read = await launch([node, `--env-file=${file}`, "-e", print]).ended;
      assertEquals(JSON.parse(read.stdout), [address, "orders"], read.stderr);
      const json = await instance.run(["env", "--json"]);
      assertEquals(JSON.parse(json.stdout), { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: "orders" });
    }));
});
