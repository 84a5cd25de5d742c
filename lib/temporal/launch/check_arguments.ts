import { askBinary } from "../../binary/version/run_binary.ts";
import { LocalError } from "../../errors/local_error.ts";
import { diagnoseExit } from "./exit_diagnosis.ts";

/**
 * Refuses arguments that `binary` does not understand, by asking it for help with them: it reads all of its flags first
 * (pflag), and starts nothing. What it only looks into when it starts (the value of `--sqlite-pragma`) is not found out.
 *
 * @throws {LocalError} `launch-failed`, as a launch with them would; a binary that does not answer is the launch's to tell
 */
export async function refuseBadArguments(binary: string, extraArgs: readonly string[]): Promise<void> {
  // `--help` first: behind a flag that lacks its value it would be taken for that value, and a server would start.
  const answer = await askBinary(binary, ["server", "start-dev", "--help", ...extraArgs], "stderr");
  if (answer.kind !== "ended" || answer.exitCode === 0) return;
  const { exitCode, signal, output: lastWords } = answer;
  const { cause, message, hint } = diagnoseExit({ lastWords, exitCode, signal });
  throw new LocalError("launch-failed", message, { hint, facts: { cause, exitCode, binary, extraArgs } });
}
