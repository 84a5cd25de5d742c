import type { Settings } from "../../config/settings.ts";
import { type GrpcChannel, openGrpcChannel } from "../../grpc/channel.ts";
import { GrpcError } from "../../grpc/error.ts";
import { checkServing, checkUi, describeNamespace } from "../../grpc/health.ts";
import type { Connect } from "../../platform/net/connection.ts";
import { clientHost, frontendEndpoint } from "./addresses.ts";

/** The result of a probe: ok, or the problem. */
export type ProbeResult = { ok: true } | { ok: false; problem: string };

/** Probes one Temporal over one persistent connection. */
export interface Probe {
  /** Whether the frontend reports SERVING. */
  serving(timeoutMs: number): Promise<ProbeResult>;
  /** Whether `namespace` exists. */
  namespace(namespace: string, timeoutMs: number): Promise<ProbeResult>;
  /** Whether the Web UI responds; always ok when headless. */
  ui(timeoutMs: number): Promise<ProbeResult>;
  close(): void;
}

/** A probe of the Temporal that `settings` describe. Connects on first use. */
export function createProbe(connect: Connect, settings: Settings): Probe {
  let channel: GrpcChannel | null = null;
  const ask = async (
    question: (channel: GrpcChannel) => Promise<ProbeResult>,
    timeoutMs: number,
  ): Promise<ProbeResult> => {
    try {
      channel ??= await openGrpcChannel(connect, frontendEndpoint(settings), timeoutMs);
      return await question(channel);
    } catch (error) {
      if (error instanceof GrpcError) return { ok: false, problem: error.message };
      throw error;
    }
  };
  return {
    serving: (timeoutMs) =>
      ask(async (open) => heard(await checkServing(open, timeoutMs), "serving", "not serving yet"), timeoutMs),
    namespace: (namespace, timeoutMs) => {
      const problem = `namespace ${namespace} not found`;
      return ask(
        async (open) => heard(await describeNamespace(open, namespace, timeoutMs), "found", problem),
        timeoutMs,
      );
    },
    ui: async (timeoutMs) => {
      if (settings.headless) return { ok: true };
      const endpoint = { host: clientHost(settings.uiIp ?? settings.ip), port: settings.uiPort };
      return heard(await checkUi(connect, endpoint, timeoutMs), "up", "");
    },
    close: () => {
      channel?.close();
      channel = null;
    },
  };
}

/** Ok if the answer is `wanted`; any other word is the `problem`. */
function heard(answer: string | { error: string }, wanted: string, problem: string): ProbeResult {
  if (typeof answer !== "string") return { ok: false, problem: answer.error };
  return answer === wanted ? { ok: true } : { ok: false, problem };
}

/** When Temporal became ready (`System.nowMs`), and how long the last probes took, in ms. */
export interface Readiness {
  atMs: number;
  grpcMs: number;
  uiMs: number;
}
