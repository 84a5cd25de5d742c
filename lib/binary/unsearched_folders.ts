import { join } from "node:path";
import process from "node:process";

/**
 * Folders in which Homebrew and Go install programs on macOS: an application, an IDE or launchd starts programs with a
 * PATH that lacks them. None elsewhere, where PATH is inherited from the login.
 *
 * @param home The user's home.
 */
export function unsearchedFolders(platform: string = process.platform, home?: string): string[] {
  if (platform !== "darwin") return [];
  const own = home === undefined || home === "" ? [] : [join(home, "go", "bin")];
  return ["/opt/homebrew/bin", "/usr/local/bin", ...own];
}
