import { COMPLETION_SHELLS, type CompletionShell } from "../cli/completions/complete.ts";
import { completionScript } from "../cli/completions/completion_scripts.ts";
import type { Command } from "../cli/context.ts";
import { LocalError } from "../errors/local_error.ts";
import { didYouMean } from "../text/did_you_mean.ts";

/** Prints the completion script of a shell. */
export const completions: Command = async ({ host, invocation: { operands } }) => {
  const [shell = ""] = operands;
  if (!isShell(shell)) {
    const near = didYouMean(shell, COMPLETION_SHELLS);
    const unknown = `Unknown shell \`${shell}\`: expected bash, zsh or fish`;
    throw new LocalError("usage", shell === "" ? "`completions` requires a SHELL" : unknown, {
      hint: near === null
        ? 'eval "$(stigmer-local completions bash)"'
        : `Did you mean \`stigmer-local completions ${near}\`?`,
    });
  }
  await host.write("stdout", completionScript(shell));
  return 0;
};

function isShell(text: string): text is CompletionShell {
  return (COMPLETION_SHELLS as readonly string[]).includes(text);
}
