/**
 * Whether the runtime runs our files as they are: JavaScript (the npm package) in any case, TypeScript where Deno, or Node
 * from 22.18 on, does it by itself.
 */
export const runsTypeScript: boolean = import.meta.url.endsWith(".js") || "Deno" in globalThis ||
  Boolean((globalThis as { process?: { features: { typescript?: unknown } } }).process?.features.typescript);
