import { type Host, isDeno } from "./host.ts";

/** The host of the current runtime. */
export async function currentHost(): Promise<Host> {
  return isDeno ? (await import("./host_deno.ts")).denoHost() : (await import("./host_node.ts")).nodeHost();
}
