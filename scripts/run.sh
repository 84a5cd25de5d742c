#!/bin/sh
# Runs the tool from this clone, with Deno if it is on PATH, else with Node (installs what is missing).
#
#   scripts/run.sh start --port 7300
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
"$root/scripts/node_modules.sh" run || exit
# Not the `tsx` command, which kills its script 30 ms after a SIGTERM. No cd: paths in "$@" are relative to the caller's folder.
exec node --import "$root/node_modules/tsx/dist/loader.mjs" "$root/stigmer-local.ts" "$@"
