import { COMMANDS } from "../cli/command_specs.ts";
import { columnsOf, type Command } from "../cli/context.ts";
import { renderCommandHelp, renderHelp } from "../cli/help_text.ts";
import { suggestCommand } from "../cli/parse_args.ts";
import { LocalError } from "../errors/local_error.ts";

/** Shows the help of the tool, or of the command given as operand. */
export const help: Command = async (context) => {
  const { host, invocation, paint } = context;
  const [name] = invocation.operands;
  const all = invocation.commandOptions["all"] === true;
  if (name === undefined) {
    await host.write("stdout", renderHelp(paint, columnsOf(context), all));
    return 0;
  }
  const command = COMMANDS.find((each) => each.name === name);
  if (command === undefined) {
    const near = suggestCommand(name)?.split(" ")[0];
    throw new LocalError("usage", `Unknown command \`${name}\``, {
      hint: near === undefined ? "See `stigmer-local help`" : `Did you mean \`stigmer-local help ${near}\`?`,
    });
  }
  await host.write("stdout", renderCommandHelp(command, paint, columnsOf(context), all));
  return 0;
};
