import { printableLine } from "../../text/printable.ts";

/** The progress of `go install -v`, derived from its output. */
export interface GoProgress {
  /** The current step. Go prints nothing while linking, or if everything is in its caches. */
  phase: "starting" | "fetching" | "compiling";
  /** Modules fetched so far; 0 if all are in Go's cache. */
  modules: number;
  /** Packages compiled so far; those in Go's cache are not counted. */
  packages: number;
}

/** The initial progress for {@linkcode readGoLine}. */
export const NO_GO_PROGRESS: GoProgress = { phase: "starting", modules: 0, packages: 0 };

/** The progress after `line` of the output of `go install -v`; unchanged if the line is about something else. */
export function readGoLine(progress: GoProgress, line: string): GoProgress {
  if (line.startsWith("go: downloading ")) return { ...progress, phase: "fetching", modules: progress.modules + 1 };
  // A compiled package is printed as its bare import path.
  if (/^[\w.~-]+(\/[\w.~-]+)*$/.test(line)) return { ...progress, phase: "compiling", packages: progress.packages + 1 };
  return progress;
}

const NEED_NETWORK = "Check the network, or set GOPROXY to a reachable module proxy";

/** Derives why `go install` failed from its output. */
export function explainGoFailure(output: string): { message: string; hint: string } {
  const tooOld = /requires go >= (\S+) \(running go ?(\S+?)[;)]/.exec(output);
  if (tooOld !== null) {
    return {
      message: `Go ${tooOld[2]} is too old: ${tooOld[1]} or newer is required`,
      hint: "Install a newer Go, or let Go download one with GOTOOLCHAIN=auto",
    };
  }
  const known: [RegExp, string, string][] = [
    [
      /replace directives/,
      "`go install` cannot build this version (its go.mod has replace directives)",
      "Choose version 1.5.1 or older",
    ],
    [
      /no space left on device|disk quota exceeded/,
      "the disk is full",
      "Free some 3 GB for Go's caches and the binary",
    ],
    [
      /(?:40[34]|410) (?:Forbidden|Not Found|Gone)|unknown revision|no matching versions/,
      "the module proxy does not have this version",
      "Choose version 1.5.1, or set GOPROXY to another module proxy",
    ],
    [
      /module lookup disabled|GOPROXY list is not the empty string/,
      "Go's module downloads are disabled (GOPROXY=off)",
      NEED_NETWORK,
    ],
    [
      /SECURITY ERROR|checksum mismatch/,
      "a module does not match Go's checksum database",
      "Do not trust the module proxy in GOPROXY",
    ],
    [
      /dial tcp|no such host|i\/o timeout|proxyconnect|TLS handshake|connection (?:refused|reset)|EOF$/m,
      "the module proxy is unreachable",
      NEED_NETWORK,
    ],
    [
      /signal: killed|cannot allocate memory|out of memory/,
      "the compiler was killed, probably because memory ran out",
      "The build needs about 2 GB of memory",
    ],
  ];
  for (const [pattern, message, hint] of known) {
    if (pattern.test(output)) return { message, hint };
  }
  const last = output.trim().split("\n").findLast((line) => line.trim() !== "" && !line.startsWith("go: downloading "));
  return { message: printableLine(last ?? "", 300) || "no output", hint: "Run the command manually to see more" };
}
