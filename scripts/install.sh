#!/bin/sh
# Installs the one file and a launcher under a prefix, or removes them.
#
#   scripts/install.sh PREFIX
#   scripts/install.sh --remove PREFIX
set -u
root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
remove=
[ "${1:-}" = --remove ] && remove=yes && shift
prefix=${1:?Which prefix?}
case $prefix in "~") prefix=$HOME ;; "~/"*) prefix=$HOME/${prefix#"~/"} ;; esac
launcher=$prefix/bin/stigmer-local
folder=$prefix/lib/stigmer-local

fail() {
  echo "error: $1" >&2
  [ -n "${2:-}" ] && echo "hint: $2" >&2
  exit 1
}
# A command of this name from elsewhere stays.
is_ours() {
  [ ! -L "$launcher" ] && grep -q '^# stigmer-local, installed by' "$launcher" 2>/dev/null
}
if { [ -e "$launcher" ] || [ -L "$launcher" ]; } && ! is_ours; then
  fail "$launcher was not installed by \`make install\`" "Move it away, or choose another PREFIX"
fi

if [ -n "$remove" ]; then
  if [ ! -e "$launcher" ] && [ ! -e "$folder" ]; then
    echo "stigmer-local is not installed in $prefix"
    exit
  fi
  rm -f "$launcher" "$folder/stigmer-local.mjs" "$folder/stigmer-local.mjs.map" || exit
  [ ! -d "$folder" ] || rmdir "$folder" || exit
  echo "Removed $launcher"
  exit
fi

# Replaces each file at once: a command that runs meanwhile finds the old or the new one.
put() {
  cp "$1" "$2.$$" && chmod "$3" "$2.$$" && mv -f "$2.$$" "$2" && return
  rm -f "$2.$$"
  fail "Cannot write $2"
}
mkdir -p "$prefix/bin" "$folder" || fail "Cannot write to $prefix" "Choose another PREFIX"
put "$root/dist/stigmer-local.mjs.map" "$folder/stigmer-local.mjs.map" 644
put "$root/dist/stigmer-local.mjs" "$folder/stigmer-local.mjs" 755
put "$root/scripts/launcher.sh" "$launcher" 755
echo "Installed $launcher"
case :$PATH: in
  *:"$prefix/bin":*) ;;
  *) echo "$prefix/bin is not on PATH: add it in your shell's profile" >&2 ;;
esac
