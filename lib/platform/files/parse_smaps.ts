/** A stretch of a process's address space; `end` is behind it. */
export interface MemoryRange {
  start: bigint;
  end: bigint;
}

/**
 * The ranges in the text of a `/proc/PID/smaps` (proc_pid_smaps(5)) that map the file at `path`, can't be written to, and
 * hold nothing but what the file says: no page that the process changed before (the dynamic linker does in what is called
 * RELRO), in memory or in swap.
 */
export function rangesAsInFile(smaps: string, path: string): MemoryRange[] {
  return smaps.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m).flatMap((mapping) => {
    const [, start, end, mapped] = /^([0-9a-f]+)-([0-9a-f]+) r-[x-]p \S+ \S+ \S+ +(.*)$/m.exec(mapping) ?? [];
    const isAsInFile = ["Anonymous", "Swap"].every((name) => new RegExp(`^${name}: +0 kB$`, "m").test(mapping));
    return mapped === path && isAsInFile ? [{ start: BigInt(`0x${start}`), end: BigInt(`0x${end}`) }] : [];
  });
}
