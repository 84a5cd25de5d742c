#!/bin/sh
# Runs the tool from this clone, with Deno when one is on PATH, else with Node (installing what is missing).
#
#   scripts/run.sh start --port 7300
set -u
root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
if command -v deno >/dev/null 2>&1; then
  exec deno run -A --no-prompt --quiet --config "$root/$("$root/scripts/deno_config.sh")" "$root/stigmer-local.ts" "$@"
fi
"$root/scripts/node_modules.sh" run || exit
# Not the `tsx` command: it would end us 30 ms after a SIGTERM.
cd "$root" && exec node --import tsx stigmer-local.ts "$@"
