import type { Command, CommandContext } from "../cli/context.ts";
import { checkPlatform, checkRuntime } from "../doctor/check_machine.ts";
import { diagnose, type DoctorCheck, failed, type Finding, warning } from "../doctor/findings.ts";
import { tellReport } from "../doctor/report.ts";
import { instancePaths } from "../instance/paths.ts";
import type { Status } from "../instance/status/status.ts";
import type { ConnectionKey } from "./connection/profile.ts";
import { externalSource, type ExternalTarget, externalTarget, lookAtExternal } from "./target.ts";

/** For connecting, and again for the answers, in ms. */
const TIMEOUT_MS = 10_000;
/** How long before its expiry a certificate causes a warning, in days. */
const SOON_DAYS = 14;
const DAY_MS = 86_400_000;
const LOOPBACK = /^(localhost|127\.[\d.]+|::1)$/;

/** Diagnoses the connection to an external Temporal. Exits with 1 if a check fails. */
export const doctorExternal: Command = async (context) => {
  const target = await externalTarget(context);
  const status = await lookAtExternal(context, target, TIMEOUT_MS);
  const checks = [
    checkPlatform(context),
    checkRuntime(context),
    checkSettings(context, target),
    checkSecrets(target),
    checkCertificate(target, Date.now()),
    checkHome(context),
    ...connectionChecks(status),
  ];
  return await tellReport(context, checks);
};

/** One check for each layer of the connection; the first failed one has the remedy. */
function connectionChecks({ checks, failure }: Status): DoctorCheck[] {
  const firstFailed = checks.find(({ ok }) => !ok);
  return checks.map((check): DoctorCheck => ({
    name: check.name,
    state: check.ok ? "ok" : "fail",
    detail: check.detail,
    ...(check === firstFailed && failure?.hint !== undefined ? { remedy: failure.hint } : {}),
  }));
}

function checkSettings(context: CommandContext, { origins }: ExternalTarget): DoctorCheck {
  const sources = Object.entries(origins).map(([key, from]) => `${LABELS[key as ConnectionKey]} from ${from}`);
  return diagnose("settings", [], `external Temporal (${externalSource(context)}); ${sources.join(", ")}`);
}

const LABELS: Readonly<Record<ConnectionKey, string>> = {
  address: "address",
  namespace: "namespace",
  apiKey: "API key",
  apiKeyFile: "API key",
  tls: "TLS",
  clientCertPath: "client certificate",
  clientCertData: "client certificate",
  clientKeyPath: "client key",
  clientKeyData: "client key",
  serverCaPath: "CA certificate",
  serverCaData: "CA certificate",
  serverName: "server name",
  disableHostVerification: "host verification",
};

function checkSecrets({ apiKey, tls, host, warnings }: ExternalTarget): DoctorCheck {
  const findings: Finding[] = warnings.map((detail) => warning(detail));
  if (apiKey !== null && tls === null && !LOOPBACK.test(host)) {
    const detail = "the API key is sent unencrypted: TLS is turned off";
    findings.push(warning(detail, "Remove --tls=false"));
  }
  if (tls?.disableHostVerification === true) {
    const detail = "the server's certificate is not verified: the connection can be intercepted";
    findings.push(warning(detail, "Use --tls-ca-path to trust its CA certificate"));
  }
  const sent = [...(apiKey === null ? [] : ["API key"]), ...(tls?.client ? ["client certificate"] : [])];
  return diagnose("secrets", findings, sent.length === 0 ? "none" : sent.join(", "));
}

/** @param nowMs Unix time. */
function checkCertificate({ tls, clientValidity: validity }: ExternalTarget, nowMs: number): DoctorCheck {
  if (validity === null) return diagnose("certificate", [], "no client certificate");
  const end = new Date(validity.toMs).toISOString();
  const remedy = `Renew the client certificate from ${tls?.client?.cert.from}`;
  const findings: Finding[] = [];
  if (validity.toMs <= nowMs) {
    findings.push(failed(`the client certificate expired at ${end}`, remedy));
  } else if (validity.toMs - nowMs < SOON_DAYS * DAY_MS) {
    findings.push(warning(`the client certificate expires at ${end}`, remedy));
  }
  if (validity.fromMs > nowMs) {
    const begin = new Date(validity.fromMs).toISOString();
    findings.push(failed(`the client certificate is not valid before ${begin}`, "Check the clock"));
  }
  return diagnose("certificate", findings, `the client certificate is valid until ${end}`);
}

/** Whether a Temporal that was started in this home before was left running. */
function checkHome({ host, invocation: { home } }: CommandContext): DoctorCheck {
  const isLeft = host.exists(instancePaths(home).record);
  const detail = `a Temporal that was started in ${home} was not stopped`;
  const findings = isLeft ? [warning(detail, "stigmer-local stop --managed")] : [];
  return diagnose("home", findings, `no managed Temporal in ${home}`);
}
