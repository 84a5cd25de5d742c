import type { Failure } from "../errors/failure.ts";
import { type GrpcChannel, openGrpcChannel } from "../grpc/channel.ts";
import { GrpcError } from "../grpc/error.ts";
import { type CheckFailure, checkServing, describeNamespace, getServerVersion } from "../grpc/health.ts";
import { formatAddress } from "../instance/status/addresses.ts";
import type { Check } from "../instance/status/status.ts";
import { tlsConnect, TlsError } from "../platform/net/connect_tls.ts";
import type { Connect } from "../platform/net/connection.ts";
import { printableLine } from "../text/printable.ts";
import type { Credentials } from "./connection/credentials.ts";
import type { ExternalTemporal } from "./connection/endpoint.ts";
import { redact, type Secret } from "./connection/secret.ts";
import { MAX_REPLY_LENGTH, notAsExpected, tlsFailed, unreachable } from "./explain_failure.ts";

/** The result of checking an external Temporal. */
export interface ExternalReport {
  /** The checked layers, outermost first; ends with the first layer that failed, unless Temporal answered. */
  checks: Check[];
  /** Temporal answered, perhaps with an error. */
  isReached: boolean;
  /** The version of the server; null if unknown. */
  serverVersion: string | null;
  /** The outermost failure; null if it is usable. Contains no secret, even if the server repeats one. */
  failure: Failure | null;
}

/**
 * Checks whether an external Temporal is usable: reachable (over TLS if configured), ready, accepting our credentials, and
 * with the namespace. Opens one connection, and closes it.
 *
 * @param timeoutMs For connecting, including TLS, and again for the answers.
 */
export async function checkExternal(
  connect: Connect,
  external: ExternalTemporal,
  material: Credentials,
  timeoutMs: number,
): Promise<ExternalReport> {
  const { channel, checks, failure } = await dial(connect, external, material, timeoutMs);
  return channel === null
    ? { checks, isReached: false, serverVersion: null, failure }
    : await ask(external, material, channel, checks, timeoutMs);
}

interface Dialled {
  channel: GrpcChannel | null;
  checks: Check[];
  failure: Failure | null;
}

/** Connects, with a check for each layer of the connection. */
async function dial(
  connect: Connect,
  external: ExternalTemporal,
  material: Credentials,
  timeoutMs: number,
): Promise<Dialled> {
  const { host, port, tls } = external;
  const startedAt = performance.now();
  let reachedAt: number | null = null;
  const onReached = () => reachedAt = performance.now();
  try {
    const channel = await openGrpcChannel(
      material.tls === null ? connect : tlsConnect(material.tls, onReached),
      { host, port },
      timeoutMs,
      {
        // As in grpc-go, the expected name in the certificate is also the authority.
        authority: tls?.serverName ?? formatAddress(host, port),
        scheme: tls === null ? "http" : "https",
        metadata: metadataOf(external, material),
      },
    );
    const now = performance.now();
    const checks = [portCheck(external, true, (reachedAt ?? now) - startedAt, "")];
    if (tls !== null) checks.push(tlsCheck(external, true, now - (reachedAt ?? startedAt), ""));
    return { channel, checks, failure: null };
  } catch (error) {
    if (!(error instanceof GrpcError)) throw error;
    const now = performance.now();
    if (!(error.cause instanceof TlsError)) {
      const failure = unreachable(external, error);
      return { channel: null, failure, checks: [portCheck(external, false, now - startedAt, failure.message)] };
    }
    const failure = tlsFailed(external, error, material.clientValidity);
    const checks = [
      portCheck(external, true, (reachedAt ?? now) - startedAt, ""),
      tlsCheck(external, false, now - (reachedAt ?? startedAt), failure.message),
    ];
    return { channel: null, checks, failure };
  }
}

/** Sends the three requests in parallel, because a remote server takes a round trip for each. */
async function ask(
  external: ExternalTemporal,
  material: Credentials,
  channel: GrpcChannel,
  checks: Check[],
  timeoutMs: number,
): Promise<ExternalReport> {
  const secrets = secretsOf(external, material);
  try {
    const [server, serving, namespace] = await Promise.all([
      timed(async () => heard(await getServerVersion(channel, timeoutMs), secrets)),
      timed(async () => heard(await checkServing(channel, timeoutMs), secrets)),
      timed(async () => heard(await describeNamespace(channel, external.namespace, timeoutMs), secrets)),
    ]);
    const lost = [server, serving, namespace].map(({ answer }) => answer).find(isWithoutReply);
    if (lost !== undefined) return withoutReply(external, material, checks, lost, server.ms);

    const serverVersion = "version" in server.answer ? server.answer.version : null;
    const failures = {
      server: "version" in server.answer ? null : notAsExpected(external, "server", server.answer),
      grpc: notServing(external, serving.answer, serverVersion !== null),
      namespace: namespace.answer === "found" ? null : notAsExpected(external, "namespace", namespace.answer),
    };
    const check = (name: "server" | "grpc" | "namespace", ms: number, detail: string): Check => ({
      name,
      ok: failures[name] === null,
      ms,
      detail: failures[name]?.message ?? detail,
    });
    return {
      checks: [
        ...checks,
        check("server", server.ms, `Temporal ${serverVersion}`),
        check("grpc", serving.ms, serving.answer === "serving" ? "SERVING" : "responds, reports no health status"),
        check("namespace", namespace.ms, external.namespace),
      ],
      isReached: true,
      serverVersion,
      failure: failures.server ?? failures.grpc ?? failures.namespace,
    };
  } finally {
    channel.close();
  }
}

/** The answer with its texts safe to print: secrets redacted, control characters removed. */
function heard<Answer>(answer: Answer, secrets: readonly Secret[]): Answer {
  if (typeof answer !== "object" || answer === null) return answer;
  const shown = Object.entries(answer).filter(([name]) => name === "error" || name === "version")
    .map(([name, text]) => [name, printableLine(redact(String(text), secrets), MAX_REPLY_LENGTH)]);
  return { ...answer, ...Object.fromEntries(shown) };
}

/** The report for a server that answered no request: it closed the connection, or is not Temporal. */
function withoutReply(
  external: ExternalTemporal,
  material: Credentials,
  checks: Check[],
  lost: CheckFailure,
  ms: number,
): ExternalReport {
  // With TLS 1.3 the server refuses a client certificate after the handshake is complete for the client.
  const isOfTls = external.tls !== null && ["closed", "unreachable"].includes(lost.kind);
  const failure = isOfTls
    ? tlsFailed(external, lost.cause, material.clientValidity)
    : notAsExpected(external, "server", lost);
  const kept = isOfTls ? checks.filter(({ name }) => name !== "tls") : checks;
  const failed = isOfTls
    ? tlsCheck(external, false, ms, failure.message)
    : { name: "server" as const, ok: false, ms, detail: failure.message };
  return { checks: [...kept, failed], isReached: false, serverVersion: null, failure };
}

const UNIMPLEMENTED = 12;
const PERMISSION_DENIED = 7;

/** A proxy in front of Temporal may not implement the health check; then any other answer is enough. */
function notServing(
  external: ExternalTemporal,
  answer: Awaited<ReturnType<typeof checkServing>>,
  answers: boolean,
): Failure | null {
  if (answer === "serving") return null;
  const tellsNothing = typeof answer === "object" &&
    (answer.status === UNIMPLEMENTED || answer.status === PERMISSION_DENIED);
  return tellsNothing && answers ? null : notAsExpected(external, "grpc", answer);
}

function isWithoutReply(answer: unknown): answer is CheckFailure {
  return typeof answer === "object" && answer !== null && "kind" in answer && answer.kind !== "status";
}

async function timed<T>(question: () => Promise<T>): Promise<{ answer: T; ms: number }> {
  const startedAt = performance.now();
  const answer = await question();
  return { answer, ms: performance.now() - startedAt };
}

function portCheck({ host, port }: ExternalTemporal, ok: boolean, ms: number, why: string): Check {
  return { name: "port", ok, ms, detail: ok ? formatAddress(host, port) : why };
}

function tlsCheck({ host, tls }: ExternalTemporal, ok: boolean, ms: number, why: string): Check {
  const name = tls?.serverName ?? host;
  const checked = tls?.disableHostVerification === true
    ? "certificate not verified"
    : `certificate verified for ${name}`;
  return { name: "tls", ok, ms, detail: ok ? `${checked}${tls?.client ? ", with a client certificate" : ""}` : why };
}

/** The metadata of each request. Regional endpoints of Temporal Cloud route by `temporal-namespace`, as sent by SDKs. */
function metadataOf({ namespace, grpcMeta }: ExternalTemporal, { apiKey }: Credentials): [string, string][] {
  const metadata = Object.entries(grpcMeta).map(([name, value]): [string, string] => [name, value.reveal()]);
  if (!("temporal-namespace" in grpcMeta)) metadata.push(["temporal-namespace", namespace]);
  if (apiKey !== null) metadata.push(["authorization", `Bearer ${apiKey.reveal()}`]);
  return metadata;
}

function secretsOf({ grpcMeta }: ExternalTemporal, { apiKey }: Credentials): Secret[] {
  return [...Object.values(grpcMeta), ...(apiKey === null ? [] : [apiKey])];
}
