#!/bin/sh
# Prints what docs/macos.md says is unknown, to be pasted into a report. Run it on a Mac, as the user who develops there.
# It changes nothing: its files are in a temporary directory, and the processes that it starts exit with it.
#
#   scripts/macos_facts.sh [TEMPORAL]     TEMPORAL is a `temporal` that was downloaded but not run yet
set -u
if [ "$(uname)" != Darwin ]; then
  echo "macos_facts.sh: this is $(uname), not macOS" >&2
  exit 1
fi
temporal=${1:-}
folder=$(mktemp -d "${TMPDIR:-/tmp}/macos-facts.XXXXXX") || exit 1
folder=$(cd "$folder" && pwd -P)
trap 'rm -rf "$folder"' EXIT

# fact TITLE COMMAND …: runs the command, and prints its output and exit code. A command that fails is a fact too.
fact() {
  printf '\n## %s\n' "$1"
  shift
  "$@" 2>&1 </dev/null
  code=$?
  [ "$code" -eq 0 ] || echo "(exit code $code)"
}

# Runs a script of perl, which is part of macOS and can do what a shell cannot.
perl_script() {
  /usr/bin/perl -MFcntl -MErrno -MSocket -MPOSIX -e "$@"
}

timed() {
  begun=$(perl_script 'use Time::HiRes; print Time::HiRes::time()')
  "$@" >"$folder/output" 2>&1 </dev/null
  code=$?
  perl_script 'use Time::HiRes; printf "%.3f s", Time::HiRes::time() - $ARGV[0]' "$begun"
  echo ", exit code $code, $(wc -l <"$folder/output") lines: $*" | cut -c 1-150
}

machine() {
  sw_vers
  uname -m
  sysctl hw.optional.arm64 sysctl.proc_translated kern.maxfilesperproc kern.maxfiles
  echo "soft limit of descriptors: $(ulimit -n)"
  for runtime in deno node; do echo "$runtime: $(command -v $runtime) $($runtime --version 2>/dev/null | head -1)"; done
  echo "temporal: $(command -v temporal), lsof: $(command -v lsof), ps: $(command -v ps)"
  df -T apfs "$HOME" 2>/dev/null | tail -1
}

deno_identity() {
  command -v deno || return
  : >"$folder/lock"
  deno eval '
    import { fstatSync, openSync, statSync } from "node:fs";
    const path = Deno.args[0], big = { bigint: true };
    const fd = openSync(path, "r");
    const show = (name, { dev, ino, birthtimeNs }) => console.log(name, `${dev} ${ino} ${birthtimeNs}`);
    show("path          ", statSync(path, big));
    show("fstat         ", fstatSync(fd, big));
    show("/dev/fd/N     ", statSync(`/dev/fd/${fd}`, big));
    show("/dev/fd itself", statSync("/dev/fd", big));
  ' "$folder/lock"
}

lock_in_lsof() {
  perl_script '
    sysopen(LOCK, $ARGV[0], O_RDWR | O_CREAT | O_NONBLOCK | 0x20) or die "open: $!\n";
    system("/usr/sbin/lsof -a -p $$ -nP -w -b +fG -FpcfGtDikn");
    unlink $ARGV[0];
    print "after unlink:\n";
    system("/usr/sbin/lsof -a -p $$ -nP -w -b +fG -FpcfGtDikn");
  ' "$folder/Grüße back\\slash.lock" | grep -A 8 -e '^after' -e '^f3' -e '^f4'
  stat -f 'device of the folder: %d %Xd' "$folder"
}

speed_of_tools() {
  timed /bin/ps -axww -o pid=,uid=,command=
  mine=$(ps -axww -o pid=,uid=,command= | awk -v uid="$(id -u)" '
    $2 == uid && $3 !~ /^\/(System|usr\/libexec|usr\/sbin|sbin|Library\/Apple|Applications)\// { printf "%s%s", comma, $1; comma = "," }')
  echo "$(echo "$mine" | tr ',' '\n' | wc -l) processes are not of macOS, of $(ps -axo pid= | wc -l)"
  timed sh -c 'ulimit -n 256; exec /usr/sbin/lsof -a -p "$0" -nP -w -b +fG -FpcfGtDikn' "$mine"
  timed sh -c 'ulimit -n 256; exec /usr/sbin/lsof -a -p "$0" -nP -w -b +fG -FpcfGtDikn' $$
  timed /usr/sbin/lsof -a -p $$ -nP -w -b +fG -FpcfGtDikn
  timed sh -c 'ulimit -n 256; exec /usr/sbin/lsof -nP -w -b +fG -FpcfGtDikn'
  timed sh -c 'ulimit -n 256; exec /usr/sbin/lsof -nP -w -b -sTCP:LISTEN -Fpcftn -iTCP:7233'
}

ps_formats() {
  columns=pid=,pgid=,stat=,lstart=,command=
  for zone in UTC0 Asia/Tokyo; do TZ=$zone LC_ALL='' LANG=C LC_TIME=C LC_CTYPE=UTF-8 ps -ww -o $columns -p $$; done
  LC_ALL=de_DE.UTF-8 ps -ww -o $columns -p $$
  perl_script '
    my $pid = fork;
    if (!$pid) { setpgrp(0, 0); exit 0 }
    select undef, undef, undef, 0.3;
    print "zombie: kill 0: ", (kill(0, $pid) ? "succeeds" : "$!"), "; kill of its group: ", (kill(0, -$pid) ? "succeeds" : "$!"), "\n";
    system("/bin/ps -ww -o pid=,pgid=,stat=,lstart=,command= -p $pid");
  '
  echo "first txt of a program, and of one that Rosetta translates:"
  for arch in "$(uname -m)" x86_64; do
    arch "-$arch" /bin/sleep 3 &
    sleep 1
    /usr/sbin/lsof -a -p $! -nP -w -b -d txt -Fpfn | head -7
    wait $!
  done
}

ports() {
  perl_script '
    for my $case (["0.0.0.0", "127.0.0.1"], ["127.0.0.1", "0.0.0.0"]) {
      my ($first, $second) = @$case;
      my ($a, $b);
      for (\$a, \$b) { socket($$_, PF_INET, SOCK_STREAM, 0); setsockopt($$_, SOL_SOCKET, SO_REUSEADDR, 1) }
      bind($a, sockaddr_in(0, inet_aton($first))) && listen($a, 8) or die "$first: $!\n";
      my ($port) = sockaddr_in(getsockname($a));
      my $ok = bind($b, sockaddr_in($port, inet_aton($second))) && listen($b, 8);
      print "$second beside $first: ", ($ok ? "both listen" : "$!"), "\n";
    }
  '
}

odd_files() {
  mkfifo "$folder/fifo"
  perl_script '
    socket(my $s, PF_UNIX, SOCK_STREAM, 0); bind($s, pack_sockaddr_un("$ARGV[0]/s")) or print "bind: $!\n";
    for my $name ("fifo", "s") {
      my $ok = sysopen(F, "$ARGV[0]/$name", O_RDWR | O_NONBLOCK | 0x20);
      print "O_EXLOCK on $name: ", ($ok ? "succeeds" : ($! + 0) . " $!"), "\n";
    }
  ' "$folder"
}

node_descriptors() {
  command -v node || return
  bash -c 'for stdio in "[0, 1, 2]" "Object.assign([0, 1, 2], { [fd]: fd })"; do
    node -e "
      const fd = Number(process.argv[1].split(\"/\").pop()), stdio = Array.from($stdio, (each) => each ?? \"ignore\");
      const { status } = require(\"child_process\").spawnSync(\"cat\", [process.argv[1]], { stdio });
      console.log(\"$stdio: exit code\", status);
    " <(echo the command reads it)
  done'
}

first_run() {
  [ -n "$temporal" ] || { echo "not asked for: give the path of a temporal that was never run"; return; }
  codesign -dv "$temporal"
  spctl -a -vv -t execute "$temporal"
  xattr "$temporal"
  cp "$temporal" "$folder/temporal"
  timed "$folder/temporal" --version
  timed "$folder/temporal" --version
}

fact "Machine" machine
fact "Deno: the identity of an open file (the device of /dev/fd/N is expected to be that of /dev/fd)" deno_identity
fact "lsof: a file with a lock, with O_EXLOCK (G is expected to be 0x4007)" lock_in_lsof
fact "Speed of ps and lsof" speed_of_tools
fact "ps: zones, locales, zombies, executables" ps_formats
fact "Ports: listening beside another process" ports
fact "Locks on what is no file" odd_files
fact "Node: a command that reads <(…), inherited and passed (only the second is expected to work)" node_descriptors
fact "Mounts" mount
fact "The first and the second run of a new temporal" first_run
