import { COMMANDS, type CommandSpec, type Flag, flagsOf } from "./flags.ts";

/** The shells that completions are made for. */
export const COMPLETION_SHELLS = ["bash", "zsh", "fish"] as const;

/** One of {@linkcode COMPLETION_SHELLS}. */
export type CompletionShell = (typeof COMPLETION_SHELLS)[number];

/** The completion script of the tool, called `name` on the command line, for `shell`. Made from the flags alone. */
export function renderCompletions(shell: CompletionShell, name: string): string {
  switch (shell) {
    case "bash":
      return renderBash(name);
    case "zsh":
      return renderZsh(name);
    case "fish":
      return renderFish(name);
  }
}

/** Flags whose value is a path; their values complete as files do. */
function takesPath({ value }: Flag): boolean {
  return value === "DIR" || value === "PATH" || value === "FILE";
}

function identifier(name: string): string {
  return `_${name.replace(/\W/g, "_")}`;
}

function renderBash(name: string): string {
  const commands = COMMANDS.map((command) => command.name).join(" ");
  const paths = new Set(COMMANDS.flatMap(flagsOf).filter(takesPath).map((flag) => `--${flag.name}`));
  const values = new Set(
    COMMANDS.flatMap(flagsOf).filter((flag) => flag.kind !== "boolean" && !takesPath(flag)).map((flag) =>
      `--${flag.name}`
    ),
  );
  const cases = COMMANDS.map((command) => {
    const words = operandsOf(command, flagsOf(command).map((flag) => `--${flag.name}`));
    return `    ${command.name}) words="${words}"${command.operands === "FILE" ? "; compopt -o default" : ""} ;;`;
  });
  return `# bash completion for ${name}: eval "$(${name} completions bash)"
${identifier(name)}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command= word words
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [ "$word" = -- ] && { compopt -o default; return; }
    case " ${commands} " in *" $word "*) [ -z "$command" ] && command=$word ;; esac
  done
  case "$previous" in
    ${[...paths].join("|")}) compopt -o default; return ;;
    ${[...values].join("|")}) return ;;
  esac
  case "$command" in
${cases.join("\n")}
    *) words="${commands} ${flagsOf(COMMANDS[0]!).map((flag) => `--${flag.name}`).join(" ")}" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F ${identifier(name)} ${name}
`;
}

/** What may stand after a command, its flags first. */
function operandsOf(command: CommandSpec, flags: readonly string[]): string {
  const operands = command.operands === "[COMMAND]"
    ? COMMANDS.map((each) => each.name)
    : command.operands === "SHELL"
    ? COMPLETION_SHELLS
    : [];
  return [...flags, ...operands].join(" ");
}

function renderZsh(name: string): string {
  const quote = (text: string) => text.replaceAll("'", "'\\''").replace(/[[\]:]/g, "\\$&");
  const spec = (flag: Flag) => {
    const repeated = ["texts", "pairs", "jsonPairs"].includes(flag.kind) ? "*" : "";
    const value = flag.kind === "boolean" ? "" : `:${flag.value ?? "value"}:${takesPath(flag) ? "_files" : ""}`;
    return `'${repeated}--${flag.name}[${quote(flag.help)}]${value}'`;
  };
  const cases = COMMANDS.map((command) => {
    const operands = operandsOf(command, []);
    const rest = command.afterDashes === "command"
      ? " '*::command:_normal'"
      : command.operands === "FILE"
      ? " '1:file:_files'"
      : operands === ""
      ? ""
      : ` '1:what:(${operands})'`;
    return `    ${command.name}) _arguments -s ${flagsOf(command).map(spec).join(" ")}${rest} ;;`;
  });
  return `#compdef ${name}
# zsh completion for ${name}: eval "$(${name} completions zsh)"
${identifier(name)}() {
  local -a commands
  commands=(${COMMANDS.map((command) => `'${command.name}:${quote(command.summary)}'`).join(" ")})
  local index=\${words[(I)(${COMMANDS.map((command) => command.name).join("|")})]}
  if (( index == 0 || index >= CURRENT )); then
    _describe -t commands command commands
    _arguments -s ${flagsOf(COMMANDS[0]!).map(spec).join(" ")}
    return
  fi
  local command=\${words[index]}
  words=("\${(@)words[index,-1]}")
  (( CURRENT -= index - 1 ))
  case "$command" in
${cases.join("\n")}
  esac
}
(( $+functions[compdef] )) && compdef ${identifier(name)} ${name}
`;
}

function renderFish(name: string): string {
  const quote = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const commands = COMMANDS.map((command) => command.name).join(" ");
  const none = `not __fish_seen_subcommand_from ${commands}`;
  const lines = [`# fish completion for ${name}: ${name} completions fish | source`, `complete -c ${name} -f`];
  for (const command of COMMANDS) {
    lines.push(`complete -c ${name} -n ${quote(none)} -a ${command.name} -d ${quote(command.summary)}`);
  }
  for (const command of COMMANDS) {
    const here = quote(`__fish_seen_subcommand_from ${command.name}`);
    const operands = operandsOf(command, []);
    if (operands !== "") lines.push(`complete -c ${name} -n ${here} -a ${quote(operands)}`);
    if (command.operands === "FILE") lines.push(`complete -c ${name} -n ${here} -F`);
    for (const flag of flagsOf(command)) {
      const letter = flag.alias === undefined ? "" : ` -s ${flag.alias}`;
      const value = flag.kind === "boolean" ? "" : takesPath(flag) ? " -r -F" : " -x";
      lines.push(`complete -c ${name} -n ${here} -l ${flag.name}${letter}${value} -d ${quote(flag.help)}`);
    }
  }
  return lines.join("\n") + "\n";
}
