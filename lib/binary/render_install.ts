import type { GoProgress } from "./go_build/go_output.ts";

/** The step of an install. */
export type InstallPhase =
  /** For another install. */
  | { phase: "waiting" }
  | { phase: "connecting"; host: string }
  | { phase: "downloading"; received: number; total: number | null; bytesPerS: number | null }
  /** The connection was lost, or the server was busy. */
  | { phase: "retrying"; why: string; received: number }
  /** This version's checksum is not pinned in the source; it was downloaded from beside the archive. */
  | { phase: "unpinned" }
  | { phase: "unpacking" }
  /** The download is not possible; Temporal is built with Go, in version `instead` if that is not null. */
  | { phase: "blocked"; why: string; instead: string | null; isInstalled: boolean }
  | GoProgress
  /** The new binary is run. `isFirstRun`: macOS checks it before. */
  | { phase: "checking"; isFirstRun?: boolean };

/** What every way to get a binary needs. */
export interface InstallStepOptions {
  version: string;
  /** The caller's environment: mirror and proxy, or Go's location, proxy and caches. */
  env: Readonly<Record<string, string | undefined>>;
  onProgress: (phase: InstallPhase) => void;
  /** Aborts it, with all its processes. */
  signal?: AbortSignal | undefined;
}

/** The progress of an install. */
export type InstallNews = InstallPhase & { version: string; seconds: number };

const BAR_CELLS = 16;

/** Renders the progress of an install as a line; `isLive`: with a bar, for a line that is redrawn. */
export function renderInstallProgress(news: InstallNews, isLive: boolean): string {
  const { version } = news;
  const time = `(${news.seconds} s)`;
  switch (news.phase) {
    case "connecting":
      return `Downloading Temporal ${version} from ${news.host} ${time}`;
    case "downloading":
      return renderDownload(news, isLive);
    case "retrying":
      return `Downloading Temporal ${version}: ${news.why}; retrying (${megabytes(news.received)} received)`;
    case "unpinned":
      return `note: no SHA-256 of Temporal ${version} is pinned in stigmer-local: the archive is checked against the ` +
        "checksums.txt beside it, which an attacker who can change the archive can change too";
    case "unpacking":
      return `Checking and unpacking Temporal ${version}`;
    case "blocked":
      return `Cannot download Temporal ${version}: ${news.why}; ${renderInstead(news)}`;
    case "waiting":
      return `Waiting for another install of Temporal ${version} ${time}`;
    case "checking":
      return news.isFirstRun === true
        ? `Checking Temporal ${version}, which macOS checks before its first run ${time}`
        : `Checking Temporal ${version} ${time}`;
    case "starting":
      return `Building Temporal ${version} with Go, which takes about 3 minutes the first time ${time}`;
    case "fetching":
    case "compiling": {
      const done = [
        ...news.modules > 0 ? [`${news.modules} modules fetched`] : [],
        ...news.packages > 0 ? [`${news.packages} packages compiled`] : [],
      ];
      return `Building Temporal ${version} with Go: ${done.join(", ")} ${time}`;
    }
  }
}

function renderInstead({ instead, isInstalled }: Extract<InstallPhase, { phase: "blocked" }>): string {
  if (instead === null) return "building it with Go instead";
  return isInstalled
    ? `using ${instead} instead, which is installed`
    : `building ${instead} instead, the newest that Go can build`;
}

/** With a bar and the time left if `isLive`. */
function renderDownload(
  { version, received, total, bytesPerS }: Extract<InstallNews, { phase: "downloading" }>,
  isLive: boolean,
): string {
  const what = isLive ? `Temporal ${version} ` : `Downloading Temporal ${version}: `;
  const rate = bytesPerS === null ? "" : `, ${megabytes(bytesPerS)}/s`;
  if (total === null || total === 0) return `${what}${megabytes(received)}${rate}`;
  const share = Math.min(1, received / total);
  const percent = Math.floor(share * 100);
  if (!isLive) return `${what}${percent} % of ${megabytes(total)}${rate}`;
  const filled = Math.floor(share * BAR_CELLS);
  const bar = "█".repeat(filled) + "░".repeat(BAR_CELLS - filled);
  const hasLeft = bytesPerS !== null && bytesPerS > 0 && share < 1;
  const left = hasLeft ? `, ${renderSeconds((total - received) / bytesPerS)} left` : "";
  return `${what}${bar} ${`${percent}`.padStart(3)} %  ${(received / 1e6).toFixed(1)} of ${
    megabytes(total)
  }${rate}${left}`;
}

/** A size in decimal megabytes, as on Temporal's download page: `85.8 MB`. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function renderSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Whether the line stays, even where others are redrawn. */
export function isLasting(news: InstallNews): boolean {
  return news.phase === "blocked" || news.phase === "unpinned";
}

/**
 * A key for the progress, where lines are not redrawn: a line is printed when it changes. A download has a line per 10
 * %, a build per 15 s.
 */
export function newsMark(news: InstallNews): string {
  switch (news.phase) {
    case "downloading":
      return news.total === null || news.total === 0
        ? `downloading ${Math.floor(news.seconds / 15)}`
        : `downloading ${Math.floor(news.received / news.total * 10)}`;
    case "retrying":
    case "blocked":
      return `${news.phase} ${news.why}`;
    case "connecting":
    case "unpinned":
    case "unpacking":
    case "checking":
      return news.phase;
    default:
      return `building ${Math.floor(news.seconds / 15)}`;
  }
}
