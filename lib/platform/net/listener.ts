/** A listener that was opened to see whether it can be. */
export interface Listener {
  port: number;
  /** Resolves when the port is free again. */
  close(): Promise<void>;
}
