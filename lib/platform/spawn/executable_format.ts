import { readUint32 } from "../net/bytes.ts";

/** As many bytes of a file as {@linkcode foreignFormat} needs. */
export const FORMAT_BYTES = 20;

const ELF_MACHINES: Record<number, string> = { 3: "ia32", 40: "arm", 62: "x64", 183: "arm64", 243: "riscv64" };
const MACH_O_CPUS: Record<number, string> = { 0x01000007: "x64", 0x0100000c: "arm64" };

/**
 * What platform the program that begins with `head` was built for, when that is not this one (`platform` and `arch` as
 * Node calls them); null when it fits, or is no binary that is known here. To be asked beforehand, because the kernel's
 * ENOEXEC never arrives: execvp(3) hands such a file to `sh`, which stumbles over its bytes.
 */
export function foreignFormat(head: Uint8Array, platform: string, arch: string): string | null {
  const magic = head.length < 4 ? 0 : readUint32(head, 0);
  if (magic === 0x7f454c46) {
    const machine = (head[18] ?? 0) + (head[19] ?? 0) * 256;
    const builtFor = ELF_MACHINES[machine] ?? `machine ${machine}`;
    return platform !== "darwin" && builtFor === arch ? null : `linux ${builtFor}`;
  }
  if (magic === 0xcffaedfe) {
    const cpu = head.slice(4, 8).reverse();
    const builtFor = MACH_O_CPUS[readUint32(cpu, 0)] ?? "of another processor";
    // Rosetta runs x64 on Apple silicon, if it is installed.
    return platform === "darwin" && (builtFor === arch || builtFor === "x64") ? null : `darwin ${builtFor}`;
  }
  if (magic === 0xcafebabe) return platform === "darwin" ? null : "darwin";
  return (magic >>> 16) === 0x4d5a ? "windows" : null;
}
