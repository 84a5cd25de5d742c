// Starts a program as npm does: as a child of a shell in the same process group. Node gives it no descriptor of ours, so it
// does not hold the lock of its process.
import { spawn } from "node:child_process";
import process from "node:process";

const child = spawn("sh", ["-c", "while :; do sleep 1; done"], { stdio: "ignore" });
process.on("SIGTERM", () => child.kill());
child.on("exit", () => process.exit(0));
