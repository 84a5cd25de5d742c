#!/bin/sh
# Runs the tool from this clone, with Deno if it is on PATH, else with Node (installs what is missing).
#
#   scripts/run.sh start --port 7300
#
# Node needs 0.4 s per command from source. So it runs the one file, built once and again when a source is newer.
set -u
# Works through a link to this script, as in ~/bin. Not `readlink -f`, which older macOS lacks.
self=$0
while [ -L "$self" ]; do
  target=$(readlink "$self")
  case $target in /*) self=$target ;; *) self=$(dirname "$self")/$target ;; esac
done
root=$(cd "$(dirname "$self")/.." && pwd) || exit 1
if command -v deno >/dev/null 2>&1; then
  exec deno run -A --no-prompt --quiet --config "$root/$("$root/scripts/deno_config.sh")" "$root/stigmer-local.ts" "$@"
fi

cache=$root/.cache
file=$cache/stigmer-local.mjs
# Includes folders, whose time changes when a source is removed.
is_current() {
  [ -f "$file" ] && [ -z "$(
    cd "$root" && find lib compat/std scripts/bundle scripts/bundle.ts package-lock.json -newer "$file" 2>&1
  )" ]
}
if ! is_current || ! command -v node >/dev/null 2>&1; then
  "$root/scripts/node_modules.sh" run || exit
  # Not the `tsx` command, which kills its script 30 ms after a SIGTERM. No cd: paths in "$@" are relative to the caller's folder.
  tsx=$root/node_modules/tsx/dist/loader.mjs
  if ! { mkdir -p "$cache" && [ -w "$cache" ]; } 2>/dev/null; then
    exec node --import "$tsx" "$root/stigmer-local.ts" "$@"
  fi
  node --import "$tsx" "$root/scripts/bundle.ts" "$cache" </dev/null >&2 || exit
fi
exec node "$file" "$@"
