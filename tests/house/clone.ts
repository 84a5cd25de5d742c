import { execFile } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { ROOT } from "./support.ts";

/** How a script ended. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

const SYSTEM_TOOLS = [
  "cat",
  "chmod",
  "cmp",
  "cp",
  "dirname",
  "find",
  "grep",
  "kill",
  "mkdir",
  "mv",
  "readlink",
  "rm",
  "rmdir",
  "sh",
  "sleep",
  "uname",
];

/** A clone with only the shell scripts, and a PATH with only the system's tools and the programs that a test adds. */
export class Clone {
  readonly root = mkdtempSync(join(tmpdir(), "clone with space-"));
  readonly bin = join(this.root, "bin");

  constructor() {
    for (const folder of ["bin", "home", "scripts"]) mkdirSync(join(this.root, folder));
    for (const name of ["deno_config.sh", "install.sh", "launcher.sh", "node_modules.sh", "run.sh"]) {
      copyFileSync(join(ROOT, "scripts", name), join(this.root, "scripts", name));
    }
    for (const name of ["deno.json", "deno.offline.json", "package-lock.json"]) this.write(name, name);
    for (const name of SYSTEM_TOOLS) {
      const folder = (process.env["PATH"] ?? "").split(delimiter).find((folder) => isThere(join(folder, name)));
      symlinkSync(join(folder!, name), join(this.bin, name));
    }
  }

  write(path: string, text: string): void {
    mkdirSync(join(this.root, path, ".."), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  /** Adds a program that logs its arguments in `calls`, then runs `body`. */
  install(name: string, body: string): void {
    const path = join(this.bin, name);
    writeFileSync(path, `#!/bin/sh\necho "${name} $*" >>"${this.root}/calls"\n${body}\n`);
    chmodSync(path, 0o755);
  }

  calls(): string[] {
    return isThere(join(this.root, "calls")) ? readFileSync(join(this.root, "calls"), "utf8").trim().split("\n") : [];
  }

  run(script: string, ...args: string[]): Promise<Ended> {
    return this.execute(join(this.root, "scripts", script), ...args);
  }

  /** Runs the program at `path` with the PATH of this clone. */
  execute(path: string, ...args: string[]): Promise<Ended> {
    const env = { PATH: this.bin, HOME: join(this.root, "home") };
    return new Promise((resolve) => {
      execFile(path, args, { env }, (error, stdout, stderr) => {
        resolve({ code: Number(error?.code ?? 0), stdout, stderr });
      });
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Whether a file is there. */
export function isThere(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Runs `body` in a clone that is removed afterwards. */
export async function inClone(body: (clone: Clone) => Promise<void>): Promise<void> {
  const clone = new Clone();
  try {
    await body(clone);
  } finally {
    clone[Symbol.dispose]();
  }
}
