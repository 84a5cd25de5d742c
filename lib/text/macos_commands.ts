/** The command that shows the kernel's messages, on Linux and on macOS. */
export const KERNEL_LOG = "`dmesg`, on macOS `log show --last 5m --predicate 'process == \"kernel\"'`";

/** What lets a Mac with Apple silicon run programs for Intel processors. */
export const INSTALL_ROSETTA = "Install Rosetta (`softwareupdate --install-rosetta`)";
