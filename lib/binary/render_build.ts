import type { GoProgress } from "./go_build/go_output.ts";

/** The new binary is run. `isFirstRun`: macOS checks it before. */
export interface CheckingPhase {
  phase: "checking";
  isFirstRun?: boolean;
}

/** The progress of a build. */
export type BuildNews = (GoProgress | { phase: "waiting" } | CheckingPhase) & { seconds: number };

/**
 * Renders the progress of a build: `Building Temporal 1.5.1 with Go: 96 modules fetched, 420 packages compiled (75 s)`.
 */
export function renderBuildProgress(version: string, news: BuildNews): string {
  const time = `(${news.seconds} s)`;
  switch (news.phase) {
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
        news.modules > 0 ? `${news.modules} modules fetched` : "",
        news.packages > 0 ? `${news.packages} packages compiled` : "",
      ].filter((part) => part !== "");
      return `Building Temporal ${version} with Go: ${done.join(", ")} ${time}`;
    }
  }
}
