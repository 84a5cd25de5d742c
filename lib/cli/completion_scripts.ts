import { COMMANDS, type CommandSpec, type Flag, flagsOf } from "./command_specs.ts";

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

/** The words that may stand as the value of `flag`; none where that is not known. */
function valuesOf({ kind, choices }: Flag): readonly string[] {
  return kind === "text" ? choices ?? [] : [];
}

/** The words that may stand after `command`, flags aside. */
function operandsOf({ operands }: CommandSpec): readonly string[] {
  if (operands === "[COMMAND]") return COMMANDS.map(({ name }) => name);
  return operands === "SHELL" ? COMPLETION_SHELLS : [];
}

/** The commands that run another one: what stands after `--` completes as that one does. */
function wrappers(): string[] {
  return COMMANDS.filter(({ afterDashes }) => afterDashes === "command").map(({ name }) => name);
}

function identifier(name: string): string {
  return `_${name.replace(/\W/g, "_")}`;
}

/** bash 3.2, which is macOS's, has no `compopt`; for all of them `--flag=value` is three words. */
function renderBash(name: string): string {
  const commands = COMMANDS.map((command) => command.name);
  const itself = identifier(name);
  const written = (flags: Flag[]) =>
    flags.flatMap((flag) => [`--${flag.name}`, ...(flag.alias === undefined ? [] : [`-${flag.alias}`])]).join(" ");
  const cases = COMMANDS.map((command) => {
    const flags = flagsOf(command);
    const [paths, rest] = [
      flags.filter(takesPath),
      flags.filter((flag) => flag.kind !== "boolean" && !takesPath(flag)),
    ];
    return `    ${command.name})
      flags="${flags.map((flag) => `--${flag.name}`).join(" ")}"
      paths=" ${written(paths)} "
      values=" ${written(rest)} "
      operands="${command.operands === "FILE" ? "FILE" : operandsOf(command).join(" ")}" ;;
`;
  });
  const choices = new Map(COMMANDS.flatMap(flagsOf).map((flag) => [flag.name, valuesOf(flag).join(" ")]));
  return `# bash completion for ${name}: eval "$(${name} completions bash)"
${itself}_files() {
  compopt -o default 2>/dev/null || COMPREPLY=($(compgen -f -- "$current"))
}
${itself}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local command= flags paths values operands words index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "\${COMP_WORDS[index]}" in
      --) break ;;
      ${commands.join("|")}) [ -z "$command" ] && command=\${COMP_WORDS[index]} ;;
    esac
  done
  if ((index < COMP_CWORD)); then
    case "$command" in
      ${wrappers().join("|")})
        if declare -F _command_offset >/dev/null; then _command_offset $((index + 1)); return; fi
        ((COMP_CWORD == index + 1)) && { COMPREPLY=($(compgen -c -- "$current")); return; } ;;
    esac
    ${itself}_files
    return
  fi
  if [ "$current" = = ]; then
    current=
  elif [ "$previous" = = ]; then
    previous=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  case "\${command:-${commands[0]}}" in
${cases.join("")}  esac
  [ -z "$command" ] && operands="${commands.join(" ")}"
  words=$operands
  case "$current" in -*) words=$flags ;; esac
  case "$values" in *" $previous "*) words= ;; esac
  case "$paths" in *" $previous "*) words=FILE ;; esac
  case "$previous" in
${
    [...choices].filter(([, words]) => words !== "").map(([flag, words]) => `    --${flag}) words="${words}" ;;\n`)
      .join("")
  }  esac
  [ "$words" = FILE ] && { ${itself}_files; return; }
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F ${itself} ${name}
`;
}

function renderZsh(name: string): string {
  const quote = (text: string) => text.replaceAll("'", "'\\''").replace(/[[\]:]/g, "\\$&");
  const spec = (flag: Flag) => {
    const repeated = ["texts", "pairs", "jsonPairs"].includes(flag.kind);
    const takesValue = flag.kind !== "boolean";
    const long = `--${flag.name}${takesValue ? "=" : ""}`;
    const values = takesPath(flag) ? "_files" : valuesOf(flag).length > 0 ? `(${valuesOf(flag).join(" ")})` : "";
    const told = `'[${quote(flag.help)}]${takesValue ? `:${quote(flag.value ?? "value")}:${values}` : ""}'`;
    if (flag.alias === undefined) return `${repeated ? "'*'" : ""}${long}${told}`;
    const before = repeated ? "*" : `(-${flag.alias} --${flag.name})`;
    return `'${before}'{-${flag.alias}${takesValue ? "+" : ""},${long}}${told}`;
  };
  const flags = (command: CommandSpec) => `_arguments -s -S ${flagsOf(command).map(spec).join(" ")}`;
  const cases = COMMANDS.map((command) => {
    const operands = operandsOf(command).join(" ");
    const rest = command.operands === "FILE" ? " '1:file:_files'" : operands === "" ? "" : ` '1:what:(${operands})'`;
    return `    ${command.name}) ${flags(command)}${rest} ;;`;
  });
  return `#compdef ${name}
# zsh completion for ${name}: eval "$(${name} completions zsh)"
${identifier(name)}() {
  local -a subcommands
  subcommands=(${COMMANDS.map((command) => `'${command.name}:${quote(command.summary)}'`).join(" ")})
  local index=\${words[(i)(${COMMANDS.map((command) => command.name).join("|")})]} dashes=\${words[(i)--]}
  local command=\${words[index]}
  if (( dashes < CURRENT )); then
    words=("\${(@)words[dashes+1,-1]}")
    (( CURRENT -= dashes ))
    if [[ "$command" = (${wrappers().join("|")}) ]]; then _normal; else _files; fi
    return
  fi
  if (( index >= CURRENT )); then
    _describe -t commands command subcommands
    ${flags(COMMANDS[0]!)}
    return
  fi
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
  const itself = `_${identifier(name)}`;
  const lines = [
    `# fish completion for ${name}: ${name} completions fish | source`,
    `function ${itself}_in`,
    "  set -l command",
    "  for word in (commandline -opc)[2..-1]",
    '    test "$word" = --; and return 1',
    `    test -z "$command"; and contains -- "$word" ${COMMANDS.map((command) => command.name).join(" ")}`,
    "    and set command $word",
    "  end",
    '  contains -- "$command" $argv',
    "end",
    `function ${itself}_passed`,
    "  set -l words (commandline -opc)",
    "  set -l current (commandline -ct)",
    "  set -l dashes (contains -i -- -- $words); or return",
    `  string match -qr '^(${wrappers().join("|")})$' -- $words[2..$dashes]; or return`,
    "  set -e words[1..$dashes]",
    "  complete -C (string join ' ' -- (string escape -- $words) \"$current\")",
    "end",
    `complete -c ${name} -f -a '(${itself}_passed)'`,
  ];
  for (const command of COMMANDS) {
    lines.push(`complete -c ${name} -n '${itself}_in ""' -a ${command.name} -d ${quote(command.summary)}`);
  }
  for (const command of COMMANDS) {
    const here = quote(`${itself}_in ${command.name}${command === COMMANDS[0] ? ' ""' : ""}`);
    const operands = operandsOf(command).join(" ");
    if (operands !== "") lines.push(`complete -c ${name} -n ${here} -a ${quote(operands)}`);
    if (command.operands === "FILE") lines.push(`complete -c ${name} -n ${here} -F`);
    for (const flag of flagsOf(command)) {
      const letter = flag.alias === undefined ? "" : ` -s ${flag.alias}`;
      const values = valuesOf(flag).length === 0 ? "" : ` -a ${quote(valuesOf(flag).join(" "))}`;
      const value = flag.kind === "boolean" ? "" : takesPath(flag) ? " -r -F" : ` -x${values}`;
      lines.push(`complete -c ${name} -n ${here} -l ${flag.name}${letter}${value} -d ${quote(flag.help)}`);
    }
  }
  return lines.join("\n") + "\n";
}
