import type { Settings } from "../../config/settings.ts";
import { type GrpcChannel, openGrpcChannel } from "../../grpc/channel.ts";
import { GrpcError } from "../../grpc/error.ts";
import { checkServing, checkUi, describeNamespace } from "../../grpc/health.ts";
import type { Connect } from "../../platform/net/connection.ts";
import { clientHost } from "./addresses.ts";

/** What a probe found: nothing wrong, or what is. */
export type ProbeResult = { ok: true } | { ok: false; problem: string };

/** Asks one Temporal how it is, over one kept connection. */
export interface Probe {
  /** Whether the frontend serves workflows. */
  serving(timeoutMs: number): Promise<ProbeResult>;
  /** Whether `namespace` exists. */
  namespace(namespace: string, timeoutMs: number): Promise<ProbeResult>;
  /** Whether the Web UI answers; always so when there is none. */
  ui(timeoutMs: number): Promise<ProbeResult>;
  close(): void;
}

/** A probe of the Temporal that `settings` describe. Opens nothing before its first question. */
export function createProbe(connect: Connect, settings: Settings): Probe {
  let channel: GrpcChannel | null = null;
  const ask = async (
    question: (channel: GrpcChannel) => Promise<ProbeResult>,
    timeoutMs: number,
  ): Promise<ProbeResult> => {
    try {
      channel ??= await openGrpcChannel(connect, { host: clientHost(settings.ip), port: settings.port }, timeoutMs);
      return await question(channel);
    } catch (error) {
      if (error instanceof GrpcError) return { ok: false, problem: error.message };
      throw error;
    }
  };
  return {
    serving: (timeoutMs) =>
      ask(async (open) => {
        const answer = await checkServing(open, timeoutMs);
        if (answer === "serving") return { ok: true };
        return { ok: false, problem: answer === "not-serving" ? "it does not serve yet" : answer.error };
      }, timeoutMs),
    namespace: (namespace, timeoutMs) =>
      ask(async (open) => {
        const answer = await describeNamespace(open, namespace, timeoutMs);
        if (answer === "found") return { ok: true };
        return { ok: false, problem: answer === "not-found" ? `no namespace ${namespace}` : answer.error };
      }, timeoutMs),
    ui: async (timeoutMs) => {
      if (settings.headless) return { ok: true };
      const answer = await checkUi(
        connect,
        { host: clientHost(settings.uiIp ?? settings.ip), port: settings.uiPort },
        timeoutMs,
      );
      return answer === "up" ? { ok: true } : { ok: false, problem: answer.error };
    },
    close: () => {
      channel?.close();
      channel = null;
    },
  };
}

/** The proof that Temporal was ready: when (`System.nowMs`), and how long it took to answer the last questions. */
export interface Readiness {
  atMs: number;
  grpcMs: number;
  uiMs: number;
}
