import type { GoProgress } from "./go_build/go_output.ts";

/** What a build tells while it goes on. */
export type BuildNews = (GoProgress | { phase: "waiting" | "checking" }) & { seconds: number };

/** A build's progress in a line: `building Temporal 1.5.1 with Go: 96 modules fetched, 420 packages compiled (75 s)`. */
export function renderBuildProgress(version: string, news: BuildNews): string {
  const time = `(${news.seconds} s)`;
  switch (news.phase) {
    case "waiting":
      return `waiting for another install of Temporal ${version} ${time}`;
    case "checking":
      return `checking the new Temporal ${version} ${time}`;
    case "starting":
      return `building Temporal ${version} with Go, about 3 minutes the first time ${time}`;
    case "fetching":
    case "compiling": {
      const done = [
        news.modules > 0 ? `${news.modules} modules fetched` : "",
        news.packages > 0 ? `${news.packages} packages compiled` : "",
      ].filter((part) => part !== "");
      return `building Temporal ${version} with Go: ${done.join(", ")} ${time}`;
    }
  }
}
