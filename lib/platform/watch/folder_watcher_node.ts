import { existsSync, watch } from "node:fs";
import { basename, join } from "node:path";
import type { FolderWatcher } from "./folder_watcher.ts";

/**
 * Watches by `fs.watch`. On Linux all watches of a Node process share one inotify instance. On macOS, FSEvents covers all
 * folders below, and libuv starts its stream again with each watch.
 */
export function nodeFolderWatcher(platform: string): FolderWatcher {
  const isRecursive = platform === "darwin";
  return {
    isRecursive,
    watch(folder, onEvent) {
      const watcher = watch(folder, { recursive: isRecursive }, (_, name) => {
        // libuv reports an event of the folder itself under the folder's name.
        const isItself = name === basename(folder) && !existsSync(join(folder, name));
        onEvent(isItself ? null : name);
      });
      watcher.on("error", () => onEvent(null));
      return () => watcher.close();
    },
  };
}
