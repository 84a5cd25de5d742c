// test: heavy
// test: seconds 420
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { assertEquals, assertMatch } from "@std/assert";
import { TSX } from "../platform/support.ts";
import { needsLinux } from "../portable.ts";
import { launch, ownRuntime, toolCommand } from "./support.ts";

const SECONDS = 25;
/** A different one per runtime. The test prints it with the command to replay it. */
const SEED = ownRuntime === "deno" ? 2024 : 4202;
const MAIN = fileURLToPath(new URL("../chaos/main.ts", import.meta.url));

describe("chaos", () => {
  // The chaos test itself always runs under Node, and calls the tool under both runtimes.
  it(`does no harm for ${SECONDS} s with seed ${SEED}`, { skip: needsLinux("it judges by /proc") }, async () => {
    const [node] = toolCommand("node");
    const tsx = ["--import", TSX];
    const { code, stdout, stderr } = await launch(
      [node!, ...tsx, MAIN, "--seconds", `${SECONDS}`, "--seed", `${SEED}`],
    ).ended;
    console.log(stdout);
    assertEquals([code, stderr], [0, ""], stdout);
    assertMatch(stdout, /workflows: [1-9]\d* acknowledged/);
  });
});
