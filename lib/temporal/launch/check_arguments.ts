import { askBinary } from "../../binary/version/run_binary.ts";
import { LocalError } from "../../errors/local_error.ts";
import { diagnoseExit } from "./exit_diagnosis.ts";

/**
 * Refuses arguments that `binary` does not accept, by running it with `--help` and them: it parses all flags first
 * (pflag), and starts nothing. Does not detect values that are checked only at startup (such as that of
 * `--sqlite-pragma`).
 *
 * @throws {LocalError} `launch-failed`, as a launch with them would; an unresponsive binary is left to the launch to
 * report
 */
export async function refuseBadArguments(binary: string, args: readonly string[]): Promise<void> {
  // `--help` comes first: after a flag that lacks its value it would be taken as that value, and a server would start.
  const answer = await askBinary(binary, [...COMMAND, "--help", ...withoutCommand(args)], "stderr");
  if (answer.kind !== "ended" || answer.exitCode === 0) return;
  const { exitCode, signal, output: lastWords } = answer;
  const { cause, message, hint } = diagnoseExit({ lastWords, exitCode, signal, binary });
  throw new LocalError("launch-failed", message, { hint, facts: { cause, exitCode, binary } });
}

const COMMAND = ["server", "start-dev"];

function withoutCommand(args: readonly string[]): readonly string[] {
  return COMMAND.every((word, index) => args[index] === word) ? args.slice(COMMAND.length) : args;
}
