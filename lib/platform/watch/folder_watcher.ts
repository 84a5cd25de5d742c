/** Reports changes in folders, by what the kernel offers. */
export interface FolderWatcher {
  /** Whether a watch covers all folders below, and `name` is a path; else only the folder's own entries. */
  readonly isRecursive: boolean;
  /**
   * Calls `onEvent` with the name of an entry of `folder` that was created, written, renamed, deleted, or whose attributes
   * changed. Null means the folder itself (deleted, moved, unmounted), or that it is unknown what changed. Returns a
   * function that ends this.
   *
   * @throws {Error} with the system's `code`: ENOSPC and EMFILE are limits of inotify(7)
   */
  watch(folder: string, onEvent: (name: string | null) => void): () => void;
}
