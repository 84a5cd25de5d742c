import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { ownTool } from "./support.ts";
import { shellLine } from "./support_callers.ts";

/** Puts the tool as `stigmer-local` into the folder `bin`, creating it if needed. Returns a PATH with it and Deno. */
export function installTool(bin: string): string {
  mkdirSync(bin, { recursive: true });
  const path = join(bin, "stigmer-local");
  writeFileSync(path, `#!/bin/sh\nexec ${shellLine(ownTool())} "$@"\n`);
  chmodSync(path, 0o755);
  return [bin, dirname(process.env["STIGMER_TEST_DENO"]!), process.env["PATH"]].join(delimiter);
}
