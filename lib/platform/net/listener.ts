/** A listener opened to probe a port. */
export interface Listener {
  port: number;
  /** Resolves when the port is free again. */
  close(): Promise<void>;
}
