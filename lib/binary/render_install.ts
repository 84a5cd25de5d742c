import type { GoProgress } from "./go_build/go_output.ts";
import { renderBuildProgress } from "./render_build.ts";

/** What a download tells while it goes on. */
export type DownloadPhase =
  | { phase: "connecting"; host: string }
  | { phase: "downloading"; received: number; total: number | null; bytesPerS: number | null }
  /** The connection broke, or the server was busy. */
  | { phase: "retrying"; why: string; received: number }
  /** The sum of this version is not in our source; it was fetched from beside the archive. */
  | { phase: "unpinned" }
  | { phase: "unpacking" }
  /** It can't be downloaded; it is built with Go instead. */
  | { phase: "blocked"; why: string };

/** What an install is at. `waiting` for another install to end, `checking` that the new binary runs. */
export type InstallPhase = DownloadPhase | GoProgress | { phase: "waiting" | "checking" };

/** What an install tells while it goes on. */
export type InstallNews = InstallPhase & { seconds: number };

const BAR_CELLS = 16;

/** An install's progress in a line; `isLive`: one that is drawn over again, with a bar. */
export function renderInstallProgress(version: string, news: InstallNews, isLive: boolean): string {
  switch (news.phase) {
    case "connecting":
      return `downloading Temporal ${version} from ${news.host} (${news.seconds} s)`;
    case "downloading":
      return isLive
        ? `Temporal ${version} ${renderBar(news)}`
        : `downloading Temporal ${version}: ${renderShare(news)}`;
    case "retrying":
      return `downloading Temporal ${version}: ${news.why}; trying again (${megabytes(news.received)} are here)`;
    case "unpinned":
      return `note: the SHA-256 of Temporal ${version} is not in this tool's source: the archive is checked against ` +
        "the checksums.txt beside it, which whoever can change the archive can change too";
    case "unpacking":
      return `checking and unpacking Temporal ${version}`;
    case "blocked":
      return `Temporal ${version} can't be downloaded: ${news.why}; it is built with Go instead`;
    default:
      return renderBuildProgress(version, news);
  }
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

/** A size in decimal megabytes, as Temporal's download page and most tools give it: `85.8 MB`. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function renderSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Whether the line is to stay, also where others are drawn over. */
export function isLasting(news: InstallNews): boolean {
  return news.phase === "blocked" || news.phase === "unpinned";
}

/**
 * What stands for the news that need no line of their own where lines stay: the same as for the news before = nothing
 * new. A download has a line for each 10 %, a build for each 15 s.
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
