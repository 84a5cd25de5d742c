import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type DetachedProcess, spawnDetached } from "../../lib/platform/spawn/spawn_detached.ts";
import { systemHere } from "../../lib/platform/system_here.ts";
import { killGroup } from "../platform/support.ts";
import { runtimeConnect } from "../support.ts";
import { type Program, type ProgramOptions, type Started, until, type World } from "./world.ts";

/** One script for all programs, which says when it is ready, and which child it has. */
const SCRIPT = `
  use POSIX ();
  use IO::Socket::IP;
  my ($program, $mode, $path, $address, $port) = @ARGV;
  if ($mode) { open(FILE, $mode, $path) or die "$path: $!" }
  $SIG{TERM} = 'IGNORE' if $program eq 'ignores SIGTERM';
  my $socket;
  my $listen = sub {
    $socket = IO::Socket::IP->new(LocalHost => $address, LocalPort => $port, Listen => 8, ReuseAddr => 1, V6Only => 0)
      or die "$address, port $port: $@" if $address;
  };
  my $child = 0;
  if ($program =~ /^(parent|leader)/) {
    pipe(READY, TELL);
    $child = fork;
    if (!$child) {
      POSIX::setsid() if $program eq 'parent of a daemon';
      setpgrp(0, 0) if $program eq 'parent that never reaps';
      $listen->();
      close READY; close TELL;
      sleep 600 while 1;
    }
    close TELL; <READY>;
  } else {
    $listen->();
  }
  syswrite STDOUT, "ready $child\\n";
  exit 0 if $program eq 'leader that exits';
  waitpid $child, 0 if $program eq 'parent' || $program eq 'parent of a daemon';
  sleep 600 while 1;
`;

/** The machine that the tests run on, with real programs. */
export async function realWorld(): Promise<World> {
  const system = systemHere();
  const folder = mkdtempSync(join(tmpdir(), "stigmer-world-"));
  const script = join(folder, "program.pl");
  writeFileSync(script, SCRIPT);
  const children: DetachedProcess[] = [];
  const groups = new Set<number>();

  const start = async (program: Program, options: ProgramOptions): Promise<Started> => {
    const { lock, opens, listens, cwd = "/" } = options;
    const mode = opens === undefined ? "" : opens.mode === "r" ? "<" : "+<";
    const outputPath = join(folder, `output-${children.length}`);
    const output = openSync(outputPath, "w");
    const child = await spawnDetached({
      command: "perl",
      args: [script, program, mode, opens?.path ?? "", listens?.address ?? "", `${listens?.port ?? ""}`],
      cwd,
      env: { PATH: process.env["PATH"] },
      stdin: "null",
      stdout: output,
      stderr: output,
      pass: lock === undefined ? [] : [lock.fd],
    }).finally(() => closeSync(output));
    children.push(child);
    groups.add(child.pid);
    const ready = () => /^ready (\d+)$/m.exec(readFileSync(outputPath, "utf8"));
    await until(system, `the ${program} is ready`, () => {
      if (ready() === null && child.exit !== null) throw new Error(readFileSync(outputPath, "utf8"));
      return ready() !== null;
    });
    const grandchild = Number(ready()![1]);
    if (grandchild > 0) groups.add(system.processes.inspect(grandchild)!.pgid);
    return { pid: child.pid, child: grandchild };
  };

  return {
    sleeper: { command: "sleep", args: ["600"], env: { PATH: process.env["PATH"] } },
    system,
    connect: await runtimeConnect(),
    zombiesCount: process.platform === "darwin",
    start: (program, options = {}) => start(program, options),
    end: async () => {
      for (const pgid of groups) killGroup(pgid);
      await until(system, "all are dead", () => [...groups].every((pgid) => isEmpty(pgid)));
      rmSync(folder, { recursive: true });
    },
  };

  function isEmpty(pgid: number): boolean {
    return system.processes.liveGroupMembers(pgid).length === 0;
  }
}
