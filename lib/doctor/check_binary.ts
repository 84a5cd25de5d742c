import { spawnSync } from "node:child_process";
import { readTemporalVersion } from "../binary/ask_binary.ts";
import { httpGet } from "../binary/download/http_get.ts";
import { releaseBase } from "../binary/download/release_files.ts";
import { findTemporal } from "../binary/find.ts";
import { compareVersions } from "../config/temporal_versions.ts";
import { LocalError, messageOf } from "../errors/local_error.ts";
import { findExecutable } from "../platform/spawn/executable.ts";
import type { RunCheck } from "./context.ts";
import { diagnose, failed, type Finding, warning } from "./findings.ts";

/** The timeout of a request in ms; it only checks access. */
const REACH_MS = 2000;

const SOURCES = {
  explicit: "as requested",
  managed: "installed by this tool",
  path: "found on this machine",
} as const;

/** Checks the Temporal binary that a start would run. */
export const checkBinary: RunCheck = async ({ binary: options, host }) => {
  const findings: Finding[] = [];
  try {
    const { binary } = findTemporal(options);
    if (binary === null) {
      const way = findExecutable("go", host.env["PATH"]) === null
        ? "downloads it"
        : "downloads it, or builds it with Go";
      const detail = `not installed yet; the first start ${way}`;
      return diagnose("binary", [warning(detail, "stigmer-local install")]);
    }
    const { cli, server } = await readTemporalVersion(binary.path);
    const version = cli ?? binary.version;
    const isChosen = binary.source === "explicit"; // whatever its version
    if (!isChosen && version !== null && compareVersions(version, options.version) < 0) {
      const detail = `Temporal ${version} at ${binary.path} is older than ${options.version}`;
      findings.push(warning(detail, "stigmer-local install"));
    }
    const name = `Temporal ${version ?? "of unknown version"}${server === null ? "" : ` (server ${server})`}`;
    return diagnose("binary", findings, `${name}, ${SOURCES[binary.source]}: ${binary.path}`);
  } catch (error) {
    if (!(error instanceof LocalError)) throw error;
    return diagnose("binary", [...findings, failed(error.message, error.hint ?? "stigmer-local install")]);
  }
};

/** Checks whether the servers that Temporal is downloaded or built from are reachable. Only with `--network`. */
export const checkNetwork: RunCheck = async ({ host }) => {
  const places = [...releasePlace(host.env), ...goPlaces(host.env)];
  const seen = await Promise.all(places.map(async (url) => ({ url, why: await whyUnreachable(url, host.env) })));
  const isReached = seen.some(({ why }) => why === null);
  const remedy = isReached
    ? "Nothing to do: another server is reachable"
    : "Set HTTPS_PROXY, STIGMER_TEMPORAL_MIRROR or GOPROXY";
  const findings = seen.flatMap(({ url: { host }, why }) =>
    why === null ? [] : [warning(why.includes(host) ? why : `cannot reach ${host}: ${why}`, remedy)]
  );
  return diagnose(
    "network",
    findings,
    places.length === 0 ? "turned off" : `reachable: ${seen.map(({ url }) => url.host).join(", ")}`,
  );
};

type Env = Readonly<Record<string, string | undefined>>;

function releasePlace(env: Env): URL[] {
  const base = releaseBase(env);
  return base === null ? [] : [new URL(base)];
}

/** The first module proxy that Go would use; none without Go or if turned off. */
function goPlaces(env: Env): URL[] {
  const go = findExecutable("go", env["PATH"]);
  if (go === null) return [];
  const proxies = env["GOPROXY"] || spawnSync(go, ["env", "GOPROXY"], { encoding: "utf8", timeout: REACH_MS }).stdout;
  const first = (proxies ?? "").split(/[,|]/)[0]!.trim();
  return URL.canParse(first) ? [new URL(first)] : [];
}

/** Why `url` is unreachable, or null. Any response counts as reachable, even a 404. */
async function whyUnreachable(url: URL, env: Env): Promise<string | null> {
  const signal = AbortSignal.timeout(REACH_MS);
  const timeouts = { connectTimeoutMs: REACH_MS, answerTimeoutMs: REACH_MS, stallTimeoutMs: REACH_MS };
  try {
    const answer = await httpGet(url, { env, signal, ...timeouts });
    answer.close();
    return null;
  } catch (error) {
    if (signal.aborted) return `no answer within ${REACH_MS / 1000} s`;
    return messageOf(error);
  }
}
