import process from "node:process";
import { isDeno } from "../runtime/host.ts";
import type { FolderWatcher } from "./folder_watcher.ts";

/**
 * How this runtime watches folders: inotify(7) on Linux, FSEvents on macOS. Null where there is no safe way, under Deno on
 * Linux without FFI.
 *
 * Deno's own `Deno.watchFs`, which its `fs.watch` uses as well, is not used on Linux: for each event it opens the changed
 * file and all watched folders to compare them (same_file in ext/fs_events). With 1,000 folders that takes 3 ms per event,
 * and a FIFO blocks it forever, and every later call of it with it (Deno 2.9.6). Besides, it drops events beyond 16 that
 * wait to be read. On macOS it has one path to compare, so only the FIFO remains.
 */
export async function folderWatcher(): Promise<FolderWatcher | null> {
  if (isDeno && process.platform === "linux") return (await import("./folder_watcher_deno.ts")).denoFolderWatcher();
  return (await import("./folder_watcher_node.ts")).nodeFolderWatcher(process.platform);
}
