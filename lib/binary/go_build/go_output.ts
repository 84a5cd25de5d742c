import { printableLine } from "../../text/printable.ts";

/** How far `go install -v` is, as far as its output tells. */
export interface GoProgress {
  /** What it said last; nothing while it links, and from the start when Go has all in its caches. */
  phase: "starting" | "fetching" | "compiling";
  /** Modules fetched so far; 0 when all are in Go's cache. */
  modules: number;
  /** Packages compiled so far; those in Go's cache are not counted. */
  packages: number;
}

/** What {@linkcode readGoLine} starts from. */
export const NO_GO_PROGRESS: GoProgress = { phase: "starting", modules: 0, packages: 0 };

/** The progress after `line` of the output of `go install -v`; the same when it says nothing of it. */
export function readGoLine(progress: GoProgress, line: string): GoProgress {
  if (line.startsWith("go: downloading ")) return { ...progress, phase: "fetching", modules: progress.modules + 1 };
  // A package is told by its import path alone.
  if (/^[\w.~-]+(\/[\w.~-]+)*$/.test(line)) return { ...progress, phase: "compiling", packages: progress.packages + 1 };
  return progress;
}

/** A failure of `go install`, in words. */
export interface GoFailure {
  message: string;
  hint: string;
}

const NEED_NETWORK = "check the network, or set GOPROXY to a module proxy that can be reached";

/** Why `go install` failed, from what it wrote. */
export function explainGoFailure(output: string): GoFailure {
  const tooOld = /requires go >= (\S+) \(running go ?(\S+?)[;)]/.exec(output);
  if (tooOld !== null) {
    return {
      message: `Go ${tooOld[2]} is too old: ${tooOld[1]} or newer is needed`,
      hint: "install a newer Go, or let Go fetch one with GOTOOLCHAIN=auto",
    };
  }
  const known: [RegExp, string, string][] = [
    [
      /replace directives/,
      "this version can't be built by `go install` (its go.mod has replace directives)",
      "ask for version 1.5.1 or older",
    ],
    [
      /no space left on device|disk quota exceeded/,
      "the disk is full",
      "free some 3 GB for Go's caches and the binary",
    ],
    [
      /(?:40[34]|410) (?:Forbidden|Not Found|Gone)|unknown revision|no matching versions/,
      "the module proxy does not have this version",
      "ask for version 1.5.1, or set GOPROXY to another module proxy",
    ],
    [
      /module lookup disabled|GOPROXY list is not the empty string/,
      "Go may not look modules up (GOPROXY=off)",
      NEED_NETWORK,
    ],
    [
      /SECURITY ERROR|checksum mismatch/,
      "a module is not what Go's checksum database says",
      "don't trust the module proxy in GOPROXY",
    ],
    [
      /dial tcp|no such host|i\/o timeout|proxyconnect|TLS handshake|connection (?:refused|reset)|EOF$/m,
      "the module proxy can't be reached",
      NEED_NETWORK,
    ],
    [
      /signal: killed|cannot allocate memory|out of memory/,
      "the compiler was killed, probably for want of memory",
      "about 2 GB of memory are needed",
    ],
  ];
  for (const [pattern, message, hint] of known) {
    if (pattern.test(output)) return { message, hint };
  }
  const last = output.trim().split("\n").findLast((line) => line.trim() !== "" && !line.startsWith("go: downloading "));
  return { message: printableLine(last ?? "", 300) || "it said nothing", hint: "try the command by hand to see more" };
}
