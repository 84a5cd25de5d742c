import { COMMANDS } from "../cli/command_specs.ts";
import { columnsOf, type Command } from "../cli/context.ts";
import { renderCommandHelp, renderHelp } from "../cli/help_text.ts";
import { LocalError } from "../errors/local_error.ts";
import { didYouMean } from "../text/did_you_mean.ts";

/** Shows the help of the tool, or of the command given as operand. */
export const help: Command = async (context) => {
  const { host, invocation, paint } = context;
  const [name] = invocation.operands;
  if (name === undefined) {
    await host.write("stdout", renderHelp(paint, columnsOf(context)));
    return 0;
  }
  const command = COMMANDS.find((each) => each.name === name);
  if (command === undefined) {
    const near = didYouMean(name, COMMANDS.map((each) => each.name));
    throw new LocalError("usage", `Unknown command \`${name}\``, {
      hint: near === null ? "See `stigmer-local help`" : `Did you mean \`stigmer-local help ${near}\`?`,
    });
  }
  await host.write("stdout", renderCommandHelp(command, paint, columnsOf(context)));
  return 0;
};
