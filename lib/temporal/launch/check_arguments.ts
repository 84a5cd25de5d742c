import { askBinary } from "../../binary/ask_binary.ts";
import { LocalError } from "../../errors/local_error.ts";
import { diagnoseExit } from "./exit_diagnosis.ts";

/**
 * Refuses arguments that `binary` does not accept, by running it with `--help` and them: it parses all flags first
 * (pflag), and starts nothing. Does not detect values that are checked only at startup (such as that of
 * `--sqlite-pragma`).
 *
 * @throws {LocalError} `launch-failed`, as a launch with them would; an unresponsive binary is left to the launch to
 * report
 *
 * @param args Those of a launch: `server start-dev …`
 */
export async function refuseBadArguments(binary: string, args: readonly string[]): Promise<void> {
  // `--help` comes first: after a flag that lacks its value it would be taken as that value, and a server would start.
  const answer = await askBinary(binary, [...args.slice(0, 2), "--help", ...args.slice(2)], "stderr");
  if (answer.kind !== "exited" || answer.exitCode === 0) return;
  const { exitCode, signal, output: lastWords } = answer;
  const { cause, message, hint } = diagnoseExit({ lastWords, exitCode, signal, binary });
  throw new LocalError("launch-failed", message, { hint, facts: { cause, exitCode, binary } });
}
