import process from "node:process";
import { daemonEnvironment } from "../../environment/daemon_environment.ts";
import { type ProgramEnd, runProgram } from "../../platform/spawn/run_program.ts";

/**
 * How long to wait for the output of a binary, in ms. macOS checks a program before its first run, and makes it wait:
 * 35–40 s were seen for one that is not notarized.
 */
export function answerDeadlineMs(platform: string = process.platform): number {
  return platform === "darwin" ? 120_000 : 10_000;
}

const MAX_OUTPUT_CHARS = 64 * 1024;

/**
 * Runs `BINARY ARGS` and returns how it ended, with its output on `stream`. It is killed after `timeoutMs`, or when
 * `signal` aborts.
 *
 * @throws the reason of `signal`
 */
export async function askBinary(
  binary: string,
  args: readonly string[],
  stream: "stdout" | "stderr",
  signal?: AbortSignal,
  timeoutMs: number = answerDeadlineMs(),
): Promise<ProgramEnd & { output: string }> {
  let output = "";
  const keep = (text: string) => {
    if (output.length < MAX_OUTPUT_CHARS) output += text;
  };
  const env = daemonEnvironment(process.env, process.cwd); // as Temporal will be launched
  const reading = stream === "stdout" ? { onStdout: keep } : { onStderr: keep };
  const end = await runProgram(binary, args, { env, signal, timeoutMs, ...reading });
  return { ...end, output };
}
