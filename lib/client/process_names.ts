import type { CommandContext } from "../cli/context.ts";
import { LocalError } from "../errors/local_error.ts";
import { didYouMean } from "../text/did_you_mean.ts";

/** @throws {LocalError} `usage` if the command line names a process that the project does not declare */
export function requireDeclared({ invocation: { names = [], processes = [], command } }: CommandContext): void {
  const declared = processes.map(({ name }) => name);
  const unknown = names.find((name) => !declared.includes(name));
  if (unknown === undefined) return;
  const near = didYouMean(unknown, declared);
  const passed = command.afterDashes === undefined ? "" : `; ${command.afterDashes} go after \`--\``;
  const known = declared.length === 0
    ? `No project file declares one (\`stigmer-local help init\`)${passed}`
    : `The project file declares ${declared.join(", ")}${passed}`;
  throw new LocalError("usage", `There is no process \`${unknown}\``, {
    hint: near === null ? known : `Did you mean \`${near}\`?`,
    facts: { name: unknown, declared },
  });
}
