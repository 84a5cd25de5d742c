import type { Failure } from "../errors/failure.ts";
import { type GrpcChannel, openGrpcChannel } from "../grpc/channel.ts";
import { GrpcError, GrpcStatus } from "../grpc/error.ts";
import { type CheckFailure, checkServing, describeNamespace, getServerVersion } from "../grpc/health.ts";
import { formatAddress } from "../instance/status/addresses.ts";
import type { Check } from "../instance/status/status.ts";
import { tlsConnect, TlsError } from "../platform/net/connect_tls.ts";
import type { Connect } from "../platform/net/connection.ts";
import { printableLine } from "../text/printable.ts";
import type { ConnectedTemporal } from "./connection/credentials.ts";
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
  external: ConnectedTemporal,
  timeoutMs: number,
): Promise<ExternalReport> {
  const startedAt = performance.now();
  let reachedAt: number | null = null;
  const onReached = () => reachedAt = performance.now();
  const over = external.tlsMaterial === null ? connect : tlsConnect(external.tlsMaterial, onReached);
  const channel = await dial(over, external, timeoutMs);
  const now = performance.now();
  if (channel instanceof GrpcError && !(channel.cause instanceof TlsError)) {
    const failure = unreachable(external, channel);
    return notReached([portCheck(external, now - startedAt, failure)], failure);
  }
  const checks = [portCheck(external, (reachedAt ?? now) - startedAt, null)];
  const tlsMs = now - (reachedAt ?? startedAt);
  if (channel instanceof GrpcError) {
    const failure = tlsFailed(external, channel);
    return notReached([...checks, tlsCheck(external, tlsMs, failure)], failure);
  }
  if (external.tls !== null) checks.push(tlsCheck(external, tlsMs, null));
  return await ask(external, channel, checks, timeoutMs);
}

function notReached(checks: Check[], failure: Failure): ExternalReport {
  return { checks, isReached: false, serverVersion: null, failure };
}

/** Connects; an error of the connection is a result. */
async function dial(
  connect: Connect,
  external: ConnectedTemporal,
  timeoutMs: number,
): Promise<GrpcChannel | GrpcError> {
  const { host, port, tls } = external;
  try {
    return await openGrpcChannel(connect, { host, port }, timeoutMs, {
      // As in grpc-go, the expected name in the certificate is also the authority.
      authority: tls?.serverName ?? formatAddress(host, port),
      scheme: tls === null ? "http" : "https",
      metadata: metadataOf(external),
    });
  } catch (error) {
    if (error instanceof GrpcError) return error;
    throw error;
  }
}

/** Sends the three requests in parallel, because a remote server takes a round trip for each. */
async function ask(
  external: ConnectedTemporal,
  channel: GrpcChannel,
  checks: Check[],
  timeoutMs: number,
): Promise<ExternalReport> {
  const secrets = secretsOf(external);
  try {
    const [server, serving, namespace] = await Promise.all([
      heard(getServerVersion(channel, timeoutMs), secrets),
      heard(checkServing(channel, timeoutMs), secrets),
      heard(describeNamespace(channel, external.namespace, timeoutMs), secrets),
    ]);
    const lost = [server, serving, namespace].map(({ answer }) => answer).find(isWithoutReply);
    if (lost !== undefined) return withoutReply(external, checks, lost, server.ms);

    const serverVersion = "version" in server.answer ? server.answer.version : null;
    const failures = {
      server: "version" in server.answer ? null : notAsExpected(external, "server", server.answer),
      grpc: notServing(external, serving.answer, serverVersion !== null),
      namespace: namespace.answer === "found" ? null : notAsExpected(external, "namespace", namespace.answer),
    };
    const health = serving.answer === "serving" ? "SERVING" : "responds, reports no health status";
    return {
      checks: [
        ...checks,
        checkOf("server", server.ms, `Temporal ${serverVersion}`, failures.server),
        checkOf("grpc", serving.ms, health, failures.grpc),
        checkOf("namespace", namespace.ms, external.namespace, failures.namespace),
      ],
      isReached: true,
      serverVersion,
      failure: failures.server ?? failures.grpc ?? failures.namespace,
    };
  } finally {
    channel.close();
  }
}

/** The answer with its texts safe to print (secrets redacted, control characters removed), and how long it took. */
async function heard<T>(question: Promise<T>, secrets: readonly Secret[]): Promise<{ answer: T; ms: number }> {
  const startedAt = performance.now();
  const answer = await question;
  const ms = performance.now() - startedAt;
  if (typeof answer !== "object" || answer === null) return { answer, ms };
  const shown = Object.entries(answer).filter(([name]) => name === "error" || name === "version")
    .map(([name, text]) => [name, printableLine(redact(String(text), secrets), MAX_REPLY_LENGTH)]);
  return { answer: { ...answer, ...Object.fromEntries(shown) }, ms };
}

/** The report for a server that answered no request: it closed the connection, or is not Temporal. */
function withoutReply(
  external: ConnectedTemporal,
  checks: Check[],
  lost: CheckFailure,
  ms: number,
): ExternalReport {
  // With TLS 1.3 the server refuses a client certificate after the handshake is complete for the client.
  const isOfTls = external.tls !== null && ["closed", "unreachable"].includes(lost.kind);
  const failure = isOfTls ? tlsFailed(external, lost.cause) : notAsExpected(external, "server", lost);
  const failed = isOfTls ? tlsCheck(external, ms, failure) : checkOf("server", ms, "", failure);
  return notReached([...checks.filter(({ name }) => name !== failed.name), failed], failure);
}

/** A proxy in front of Temporal may not implement the health check; then any other answer is enough. */
function notServing(
  external: ConnectedTemporal,
  answer: Awaited<ReturnType<typeof checkServing>>,
  answers: boolean,
): Failure | null {
  if (answer === "serving") return null;
  const tellsNothing = typeof answer === "object" &&
    (answer.status === GrpcStatus.unimplemented || answer.status === GrpcStatus.permissionDenied);
  return tellsNothing && answers ? null : notAsExpected(external, "grpc", answer);
}

function isWithoutReply(answer: unknown): answer is CheckFailure {
  return typeof answer === "object" && answer !== null && "kind" in answer && answer.kind !== "status";
}

/** @param detail What it says unless it failed. */
function checkOf(name: Check["name"], ms: number, detail: string, failure: Failure | null): Check {
  return { name, ok: failure === null, ms, detail: failure?.message ?? detail };
}

function portCheck({ host, port }: ConnectedTemporal, ms: number, failure: Failure | null): Check {
  return checkOf("port", ms, formatAddress(host, port), failure);
}

function tlsCheck({ host, tls }: ConnectedTemporal, ms: number, failure: Failure | null): Check {
  const checked = tls?.disableHostVerification === true
    ? "certificate not verified"
    : `certificate verified for ${tls?.serverName ?? host}`;
  return checkOf("tls", ms, `${checked}${tls?.client ? ", with a client certificate" : ""}`, failure);
}

/** The metadata of each request. Regional endpoints of Temporal Cloud route by `temporal-namespace`, as sent by SDKs. */
function metadataOf({ namespace, grpcMeta, apiKey }: ConnectedTemporal): [string, string][] {
  const metadata = Object.entries(grpcMeta).map(([name, value]): [string, string] => [name, value.reveal()]);
  if (!("temporal-namespace" in grpcMeta)) metadata.push(["temporal-namespace", namespace]);
  if (apiKey !== null) metadata.push(["authorization", `Bearer ${apiKey.reveal()}`]);
  return metadata;
}

function secretsOf({ grpcMeta, apiKey }: ConnectedTemporal): Secret[] {
  return [...Object.values(grpcMeta), ...(apiKey === null ? [] : [apiKey])];
}
