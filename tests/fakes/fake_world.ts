import { FakeMac } from "./fake_mac.ts";
import { FakeSystem } from "./system.ts";
import type { Program, ProgramOptions, Started, World } from "./world.ts";

/** The tables of a {@linkcode FakeSystem}, or of a {@linkcode FakeMac}. */
export function fakeWorld(system: FakeSystem = new FakeSystem()): World {
  const { table, locks, ports, connect } = system;
  const start = (program: Program, { lock, opens, listens, cwd = "/" }: ProgramOptions): Started => {
    const leader = table.spawn({
      cwd,
      neverReaps: program === "parent that never reaps",
      atSigterm: program === "ignores SIGTERM" ? "ignores it" : "exits",
    });
    if (lock !== undefined) locks.pass(lock, leader);
    if (opens !== undefined) system.openFile(opens.path, leader, opens.mode);
    const isAlone = program === "sleeper" || program === "ignores SIGTERM";
    const child = isAlone ? null : table.fork(leader);
    if (child !== null && program === "parent of a daemon") table.setsid(child);
    if (child !== null && program === "parent that never reaps") child.pgid = child.pid;
    if (listens !== undefined) ports.listen(child ?? leader, listens.address, listens.port, "is no Temporal");
    if (program === "leader that exits") table.exit(leader);
    return { pid: leader.pid, child: child?.pid ?? 0 };
  };
  const sleeper = { command: "/bin/sleep", args: ["600"], env: {} };
  system.programs.set(sleeper.command, () => {});
  return {
    sleeper,
    system,
    connect,
    zombiesCount: system instanceof FakeMac,
    start: (program, options = {}) => Promise.resolve(start(program, options)),
    end: () => Promise.resolve(system[Symbol.dispose]()),
  };
}
