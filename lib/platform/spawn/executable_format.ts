import { readUint32 } from "../net/bytes.ts";

const ELF_MACHINES: Record<number, string> = { 3: "ia32", 40: "arm", 62: "x64", 183: "arm64", 243: "riscv64" };
const MACH_O_CPUS: Record<number, string> = { 0x01000007: "x64", 0x0100000c: "arm64" };

/**
 * The platform that the program beginning with `head` (20 bytes or more) was built for, if it is another one than
 * `platform` and `arch` (in Node's names); null if it matches, or the format is unknown. Checked beforehand, because the
 * kernel's ENOEXEC is never reported: execvp(3) runs such a file with `sh`.
 *
 * @param arch The architecture of the processor, which is asked only where it decides.
 */
export function foreignFormat(head: Uint8Array, platform: string, arch: () => string): string | null {
  const magic = head.length < 4 ? 0 : readUint32(head, 0);
  if (magic === 0x7f454c46) {
    const machine = (head[18] ?? 0) + (head[19] ?? 0) * 256;
    const builtFor = ELF_MACHINES[machine] ?? `machine ${machine}`;
    return platform !== "darwin" && builtFor === arch() ? null : `linux ${builtFor}`;
  }
  if (magic === 0xcffaedfe) {
    const cpu = head.slice(4, 8).reverse();
    const builtFor = MACH_O_CPUS[readUint32(cpu, 0)] ?? "of another processor";
    // Rosetta, if installed, runs x64 on Apple silicon.
    return platform === "darwin" && (builtFor === "x64" || builtFor === arch()) ? null : `darwin ${builtFor}`;
  }
  if (magic === 0xcafebabe) return platform === "darwin" ? null : "darwin";
  return (magic >>> 16) === 0x4d5a ? "windows" : null;
}
