/** Whether the runtime runs TypeScript by itself: Deno does, and Node from 22.18 on. */
export const runsTypeScript: boolean = "Deno" in globalThis ||
  Boolean((globalThis as { process?: { features: { typescript?: unknown } } }).process?.features.typescript);
