#!/bin/sh
# Builds dist/ for the npm package: the one file, the library, and its types. npm calls this before it packs, before it
# installs from a git repository, and after `npm install` in a clone. Prints to stderr: stdout is for `npm pack --json`.
set -u
cd "$(dirname "$0")/.." || exit 1
for module in tsx esbuild https-proxy-agent smol-toml tar-stream typescript yaml; do
  [ -d "node_modules/$module" ] && continue
  echo "stigmer-local: cannot build dist/ without node_modules/$module; run \`scripts/node_modules.sh dev\` first" >&2
  # An install that left it out on purpose goes on.
  case ${npm_command:-} in install | ci | exec) exit 0 ;; *) exit 1 ;; esac
done
# Not all of dist/: a supervisor may run from it.
rm -rf dist/types
node --import tsx scripts/bundle.ts --library >&2 && node node_modules/typescript/bin/tsc -p tsconfig.package.json >&2
