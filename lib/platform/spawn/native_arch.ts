import process from "node:process";
import { type RunTool, runTool } from "../processes/run_tool.ts";

/**
 * The architecture of this machine's processor, in Node's names. It differs from `process.arch` where an x64 runtime
 * runs on Apple silicon, by Rosetta: programs for arm64 run there too.
 */
export function nativeArch(
  platform: string = process.platform,
  arch: string = process.arch,
  run: RunTool = runTool,
): string {
  if (platform !== "darwin" || arch !== "x64") return arch;
  // The name is unknown on Macs with an Intel processor: sysctl prints nothing then.
  return run("sysctl", ["-n", "hw.optional.arm64"]).trim() === "1" ? "arm64" : arch;
}
