import type { GoProgress } from "./go_build/go_output.ts";
import { type CheckingPhase, renderBuildProgress } from "./render_build.ts";

/** The progress of a download. */
export type DownloadPhase =
  | { phase: "connecting"; host: string }
  | { phase: "downloading"; received: number; total: number | null; bytesPerS: number | null }
  /** The connection was lost, or the server was busy. */
  | { phase: "retrying"; why: string; received: number }
  /** This version's checksum is not pinned in the source; it was downloaded from beside the archive. */
  | { phase: "unpinned" }
  | { phase: "unpacking" }
  /** The download is not possible; Temporal is built with Go, in version `instead` if that is not null. */
  | { phase: "blocked"; why: string; instead: string | null; isInstalled: boolean };

/** The step of an install. `waiting` for another install, `checking` that the new binary runs. */
export type InstallPhase = DownloadPhase | GoProgress | { phase: "waiting" } | CheckingPhase;

/** The progress of an install. */
export type InstallNews = InstallPhase & { version: string; seconds: number };

const BAR_CELLS = 16;

/** Renders the progress of an install as a line; `isLive`: with a bar, for a line that is redrawn. */
export function renderInstallProgress(news: InstallNews, isLive: boolean): string {
  const { version } = news;
  switch (news.phase) {
    case "connecting":
      return `Downloading Temporal ${version} from ${news.host} (${news.seconds} s)`;
    case "downloading":
      return isLive
        ? `Temporal ${version} ${renderBar(news)}`
        : `Downloading Temporal ${version}: ${renderShare(news)}`;
    case "retrying":
      return `Downloading Temporal ${version}: ${news.why}; retrying (${megabytes(news.received)} received)`;
    case "unpinned":
      return `note: no SHA-256 of Temporal ${version} is pinned in stigmer-local: the archive is checked against the ` +
        "checksums.txt beside it, which an attacker who can change the archive can change too";
    case "unpacking":
      return `Checking and unpacking Temporal ${version}`;
    case "blocked":
      return `Cannot download Temporal ${version}: ${news.why}; ${renderInstead(news)}`;
    default:
      return renderBuildProgress(version, news);
  }
}

function renderInstead({ instead, isInstalled }: Extract<DownloadPhase, { phase: "blocked" }>): string {
  if (instead === null) return "building it with Go instead";
  return isInstalled
    ? `using ${instead} instead, which is installed`
    : `building ${instead} instead, the newest that Go can build`;
}

type Downloading = Extract<DownloadPhase, { phase: "downloading" }>;

function renderBar(news: Downloading): string {
  const { received, total, bytesPerS } = news;
  const share = shareOf(news);
  if (share === null || total === null) return `${megabytes(received)}${renderRate(bytesPerS)}`;
  const filled = Math.floor(share * BAR_CELLS);
  const bar = "█".repeat(filled) + "░".repeat(BAR_CELLS - filled);
  const left = bytesPerS === null || bytesPerS <= 0 || share === 1
    ? ""
    : `, ${renderSeconds((total - received) / bytesPerS)} left`;
  const size = `${(received / 1e6).toFixed(1)} of ${megabytes(total)}`;
  return `${bar} ${`${Math.floor(share * 100)}`.padStart(3)} %  ${size}${renderRate(bytesPerS)}${left}`;
}

function renderShare(news: Downloading): string {
  const share = shareOf(news);
  const done = share === null || news.total === null
    ? megabytes(news.received)
    : `${Math.floor(share * 100)} % of ${megabytes(news.total)}`;
  return done + renderRate(news.bytesPerS);
}

function shareOf({ received, total }: Downloading): number | null {
  return total === null || total === 0 ? null : Math.min(1, received / total);
}

function renderRate(bytesPerS: number | null): string {
  return bytesPerS === null ? "" : `, ${megabytes(bytesPerS)}/s`;
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
