import { shellWord } from "./shell_word.ts";

/** The command that shows the kernel's messages, on Linux and on macOS. */
export const KERNEL_LOG = "`dmesg`, on macOS `log show --last 5m --predicate 'process == \"kernel\"'`";

/** What lets a Mac with Apple silicon run programs for Intel processors. */
export const INSTALL_ROSETTA = "Install Rosetta (`softwareupdate --install-rosetta`)";

/**
 * What to do where macOS kills a program as soon as it runs: it does so with one that a browser downloaded, unless it
 * trusts the signature (spctl(8)). Deno and Node mark no file so.
 */
export function liftQuarantine(path: string): string {
  return `If a browser downloaded it, run \`xattr -d com.apple.quarantine ${shellWord(path)}\``;
}
