#!/bin/sh
# Prints the Deno configuration to use here: deno.json with the real @std packages, or deno.offline.json with those in
# compat/std. Caches the answer, so that only the first call, and one a day, may use the network.
#
#   scripts/deno_config.sh [DENO [SECONDS]]     DENO is the binary, SECONDS the time limit for the network
set -u
root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
deno=${1:-deno}
seconds=${2:-5}
stamp=$root/.cache/deno-config
packages=${DENO_DIR:-${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/deno}/remote
[ "$(uname)" = Darwin ] && packages=${DENO_DIR:-${HOME:-/nonexistent}/Library/Caches/deno}/remote

# A cached answer is valid until deno.json changes: deno.json only while the packages are in Deno's cache,
# deno.offline.json for a day.
if [ -f "$stamp" ] && [ "$stamp" -nt "$root/deno.json" ]; then
  read -r answer <"$stamp"
  case $answer in
    deno.json) [ -d "$packages" ] && echo "$answer" && exit ;;
    deno.offline.json) [ -z "$(find "$stamp" -mmin +1440)" ] && echo "$answer" && exit ;;
  esac
fi

entry=$root/scripts/std_imports.ts
cache() {
  "$deno" cache --quiet --config "$root/deno.json" "$@" "$entry" >/dev/null 2>&1 </dev/null
}

# First without the network, then with it and a time limit: behind some firewalls a connection hangs instead of failing.
answer=deno.offline.json
if cache --cached-only; then
  answer=deno.json
else
  cache &
  job=$!
  (
    trap 'kill "$nap" 2>/dev/null; exit' TERM
    sleep "$seconds" >/dev/null 2>&1 &
    nap=$!
    wait "$nap"
    kill "$job" 2>/dev/null
  ) &
  watch=$!
  wait "$job" && answer=deno.json
  kill "$watch" 2>/dev/null
fi
# A read-only clone cannot cache the answer and works it out each time.
{ mkdir -p "$root/.cache" && echo "$answer" >"$stamp.$$" && mv "$stamp.$$" "$stamp"; } 2>/dev/null
echo "$answer"
