#!/bin/sh
# Runs the tool from this clone, with Deno when one is on PATH, else with Node (installing what is missing).
#
#   scripts/run.sh start --port 7300
set -u
# A link to this script (in ~/bin, say) does too. Not `readlink -f`, which older macOS doesn't have.
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
# Not the `tsx` command: it would end us 30 ms after a SIGTERM. Not from another folder: paths in "$@" count from here.
exec node --import "$root/node_modules/tsx/dist/loader.mjs" "$root/stigmer-local.ts" "$@"
