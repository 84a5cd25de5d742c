#!/bin/sh
# stigmer-local, installed by `make install`: runs the one file with Deno if it is on PATH, else with Node.
self=$0
while [ -L "$self" ]; do
  target=$(readlink "$self")
  case $target in /*) self=$target ;; *) self=$(dirname "$self")/$target ;; esac
done
file=$(dirname "$self")/../lib/stigmer-local/stigmer-local.mjs
if [ ! -f "$file" ]; then
  echo "error: $file is missing" >&2
  echo "hint: \`make install\` in a clone of stigmer-local puts it there" >&2
  exit 1
fi
if command -v deno >/dev/null 2>&1; then exec deno run -A --no-prompt --quiet --no-config "$file" "$@"; fi
if command -v node >/dev/null 2>&1; then exec node "$file" "$@"; fi
echo "error: Found neither Deno nor Node on PATH" >&2
echo "hint: Install Deno (https://deno.com) or Node 20.16 or later, or add it to PATH" >&2
exit 127
