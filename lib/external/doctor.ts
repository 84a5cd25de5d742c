import type { Command, CommandContext } from "../cli/context.ts";
import { checkPlatform, checkRuntime } from "../doctor/check_machine.ts";
import { diagnose, type DoctorCheck, type Finding } from "../doctor/findings.ts";
import { tellReport } from "../doctor/report.ts";
import { instancePaths } from "../instance/paths.ts";
import type { Status } from "../instance/status/status.ts";
import type { ConnectionKey } from "./connection/profile.ts";
import { externalSource, type ExternalTarget, externalTarget, lookAtExternal } from "./target.ts";

/** For the connection, and for the answers, in ms. */
const TIMEOUT_MS = 10_000;
/** A certificate that ends within this time is worth a word, in days. */
const SOON_DAYS = 14;
const DAY_MS = 86_400_000;
const LOOPBACK = /^(localhost|127\.[\d.]+|::1)$/;

/** Checks what can go wrong on the way to a Temporal that is not ours. Exits with 1 when something fails. */
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

/** Each layer of the connection; the remedy stands at the first one that fails. */
function connectionChecks({ checks, failure }: Status): DoctorCheck[] {
  const firstFailed = checks.find(({ ok }) => !ok);
  return checks.map((check): DoctorCheck => ({
    name: check.name,
    state: check.ok ? "ok" : "fail",
    detail: check.detail,
    ...(check === firstFailed && failure?.hint !== undefined ? { remedy: failure.hint } : {}),
  }));
}

function checkSettings(context: CommandContext, { external }: ExternalTarget): DoctorCheck {
  const said = Object.entries(external.origins).map(([key, from]) => `${LABELS[key as ConnectionKey]} from ${from}`);
  return diagnose("settings", [], `Temporal is not ours (${externalSource(context)}); ${said.join(", ")}`);
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
  serverCaPath: "authority",
  serverCaData: "authority",
  serverName: "server name",
  disableHostVerification: "host verification",
};

function checkSecrets({ external: { apiKey, tls, host }, material }: ExternalTarget): DoctorCheck {
  const findings: Finding[] = material.warnings.map((detail) => ({ state: "warn", detail }));
  if (apiKey !== null && tls === null && !LOOPBACK.test(host)) {
    const detail = "the API key goes over the network in the clear: TLS is turned off";
    findings.push({ state: "warn", detail, remedy: "Leave --tls=false out" });
  }
  if (tls?.disableHostVerification === true) {
    const detail = "any server's certificate is taken: whoever is in between gets what is sent";
    findings.push({ state: "warn", detail, remedy: "--tls-ca-path names the authority to trust" });
  }
  const shown = [...(apiKey === null ? [] : ["API key"]), ...(tls?.client ? ["client certificate"] : [])];
  return diagnose("secrets", findings, shown.length === 0 ? "none is shown to the server" : shown.join(", "));
}

/** @param nowMs Unix time. */
function checkCertificate({ external: { origins }, material }: ExternalTarget, nowMs: number): DoctorCheck {
  const validity = material.clientValidity;
  if (validity === null) return diagnose("certificate", [], "no client certificate");
  const from = origins.clientCertPath ?? origins.clientCertData;
  const end = new Date(validity.toMs).toISOString();
  const remedy = `Renew the client certificate from ${from}`;
  const findings: Finding[] = [];
  if (validity.toMs <= nowMs) {
    findings.push({ state: "fail", detail: `the client certificate expired at ${end}`, remedy });
  } else if (validity.toMs - nowMs < SOON_DAYS * DAY_MS) {
    findings.push({ state: "warn", detail: `the client certificate expires at ${end}`, remedy });
  }
  if (validity.fromMs > nowMs) {
    const begin = new Date(validity.fromMs).toISOString();
    findings.push({
      state: "fail",
      detail: `the client certificate is not valid before ${begin}; is the clock right?`,
    });
  }
  return diagnose("certificate", findings, `the client certificate is valid until ${end}`);
}

/** A Temporal that was started here before goes on, and nobody looks after it any more. */
function checkHome({ host, invocation: { home } }: CommandContext): DoctorCheck {
  const isLeft = host.exists(instancePaths(home).record);
  const detail = `a Temporal of ours was started in ${home}, and not stopped`;
  const findings: Finding[] = isLeft ? [{ state: "warn", detail, remedy: "stigmer-local stop --managed" }] : [];
  return diagnose("home", findings, `no Temporal of ours in ${home}`);
}
