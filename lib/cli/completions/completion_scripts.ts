import type { CompletionShell } from "./complete.ts";

/**
 * The completion script for `shell`. It asks the tool for each word: `stigmer-local __complete WORDS…` prints a line a
 * candidate, or `:files`, `:folders`, `:command`. It calls the tool as the user does, be that a function, an alias or a
 * path; a name with anything in it that a shell would evaluate is left alone.
 */
export function completionScript(shell: CompletionShell): string {
  return SCRIPTS[shell];
}

/** To bash, `--flag=value` is three words. bash 3.2, which is that of macOS, has no `compopt`. */
const BASH = `# bash completion for stigmer-local: eval "$(stigmer-local completions bash)"
_stigmer_local() {
  local words=() word= glued= offset= index line whole
  COMPREPLY=()
  case \${COMP_WORDS[0]} in *[!A-Za-z0-9_./~+@-]*) return ;; esac
  for ((index = 1; index <= COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]//[\\"\\'\\\\]/}
    [[ -z $offset && $word == -- ]] && ((index < COMP_CWORD)) && offset=$((index + 1))
    if ((\${#words[@]})) && [[ $glued || $word == [=:]* ]]; then
      words[\${#words[@]} - 1]+=$word
    else
      words+=("$word")
    fi
    case $word in *[=:]) glued=1 ;; *) glued= ;; esac
  done
  case $word in [=:]*) word= ;; esac
  whole=\${words[\${#words[@]} - 1]}
  while IFS= read -r line; do
    case $line in
      :command)
        if declare -F _command_offset >/dev/null; then _command_offset "$offset"
        elif ((COMP_CWORD == offset)); then COMPREPLY=($(compgen -c -- "$word"))
        else compopt -o default 2>/dev/null || COMPREPLY=($(compgen -f -- "$word")); fi
        return ;;
      :files) compopt -o default 2>/dev/null || COMPREPLY=($(compgen -f -- "$word")) ;;
      :folders) compopt -o dirnames 2>/dev/null || COMPREPLY=($(compgen -d -- "$word")) ;;
      *)
        line=\${line%%$'\\t'*}
        printf -v line %q "\${line#"\${whole%"$word"}"}"
        COMPREPLY+=("$line") ;;
    esac
  done < <(eval "\${COMP_WORDS[0]} __complete \\"\\\${words[@]}\\"" 2>/dev/null </dev/null)
}
complete -F _stigmer_local stigmer-local
`;

const ZSH = `#compdef stigmer-local
# zsh completion for stigmer-local: eval "$(stigmer-local completions zsh)"
_stigmer_local() {
  case $words[1] in *[^[:alnum:]_./~+@-]*) return 1 ;; esac
  local line special value dashes
  local -a before values
  (( CURRENT > 2 )) && before=("\${(@Q)words[2,CURRENT-1]}")
  for line in "\${(@f)$(eval "$words[1] __complete \\"\\\${before[@]}\\" \\"\\\${(Q)PREFIX}\\"" 2>/dev/null </dev/null)}"; do
    case $line in
      '') ;;
      :*) special=$line ;;
      *)
        value=\${\${line%%$'\\t'*}//:/\\\\:}
        [[ $line == *$'\\t'* ]] && value+=:\${line#*$'\\t'}
        values+=("$value") ;;
    esac
  done
  case $special in
    :command)
      dashes=\${words[(i)--]}
      words=("\${(@)words[dashes+1,-1]}")
      (( CURRENT -= dashes ))
      _normal ;;
    :files) compset -P '--[^=]#='; _files ;;
    :folders) compset -P '--[^=]#='; _files -/ ;;
    *) _describe -t values value values ;;
  esac
}
(( $+functions[compdef] )) && compdef _stigmer_local stigmer-local
`;

const FISH = `# fish completion for stigmer-local: stigmer-local completions fish | source
function __stigmer_local_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  string match -qr '^[\\w./~+@-]+$' -- $words[1]; or return
  for line in (eval $words[1] __complete (string escape -- $words[2..-1] "$current") 2>/dev/null </dev/null)
    switch $line
      case :command
        set -e words[1..(contains -i -- -- $words)]
        complete -C (string join ' ' -- (string escape -- $words) "$current")
      case :files :folders
        set -l flag (string match -r '^--[^=]*=' -- $current)
        set -l path (string replace -r '^--[^=]*=' '' -- $current)
        if test $line = :files
          printf '%s\\n' "$flag"(__fish_complete_path "$path")
        else
          printf '%s\\n' "$flag"(__fish_complete_directories "$path" '')
        end
      case '*'
        echo $line
    end
  end
end
complete -c stigmer-local -f -a '(__stigmer_local_complete)'
`;

const SCRIPTS: Readonly<Record<CompletionShell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
