// scripts/bundle.ts replaces these names when it builds the one file.
declare const STIGMER_COMMIT: string | undefined;
declare const STIGMER_SUPERVISOR: string | undefined;

/** Whether the tool runs as one file; otherwise it runs from its sources. */
export const isBundled: boolean = typeof STIGMER_SUPERVISOR === "string";

/** The file that runs the supervisor, relative to this one, when {@linkcode isBundled}; empty for this one. */
export const SUPERVISOR_FILE: string = typeof STIGMER_SUPERVISOR === "string" ? STIGMER_SUPERVISOR : "";

/** The commit that the one file was built from; null if unknown, or when the tool runs from its sources. */
export const COMMIT: string | null = typeof STIGMER_COMMIT === "string" ? STIGMER_COMMIT : null;

/** The first argument with which the one file runs the supervisor. */
export const SUPERVISE = "__supervise";
