import type { Invocation } from "../cli/invocation.ts";
import { unknownProcess } from "../config/processes.ts";

/** @throws {LocalError} `usage` if one of `names` is no process that the project declares */
export function requireDeclared(names: readonly string[], { processes = [], command }: Invocation): void {
  const declared = processes.map(({ name }) => name);
  const unknown = names.find((name) => !declared.includes(name));
  if (unknown === undefined) return;
  const addition = command.afterDashes === "arguments for Temporal" ? "; arguments for Temporal go after `--`" : "";
  throw unknownProcess(unknown, declared, { addition });
}
