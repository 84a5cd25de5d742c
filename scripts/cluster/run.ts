import { spawn } from "node:child_process";
import process from "node:process";

/** Runs a command and resolves with its output, both streams. @throws {Error} with the output, when it fails */
export function run(
  command: readonly string[],
  options: { env?: Record<string, string>; isShown?: boolean; cwd?: string } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const [file, ...args] = command;
    const child = spawn(file!, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        if (options.isShown === true) process.stderr.write(text);
      });
    }
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) resolve(output);
      else reject(new Error(`\`${command.join(" ")}\` failed with ${signal ?? `exit ${code}`}:\n${output}`));
    });
  });
}
