import type { Invocation } from "../cli/invocation.ts";
import { LocalError } from "../errors/local_error.ts";
import { didYouMean } from "../text/did_you_mean.ts";

/** @throws {LocalError} `usage` if one of `names` is no process that the project declares */
export function requireDeclared(names: readonly string[], { processes = [], command }: Invocation): void {
  const declared = processes.map(({ name }) => name);
  const unknown = names.find((name) => !declared.includes(name));
  if (unknown === undefined) return;
  const near = didYouMean(unknown, declared);
  const passed = command.afterDashes === "arguments for Temporal" ? "; arguments for Temporal go after `--`" : "";
  const known = declared.length === 0
    ? `No project file declares one (\`stigmer-local help init\`)${passed}`
    : `The project file declares ${declared.join(", ")}${passed}`;
  throw new LocalError("usage", `There is no process \`${unknown}\``, {
    hint: near === null ? known : `Did you mean \`${near}\`?`,
    facts: { name: unknown, declared },
  });
}
