import {
  type Candidate,
  complete,
  type KnownValues,
  readCobraCandidates,
  renderCompletion,
} from "../cli/completions/complete.ts";
import type { Invocation } from "../cli/invocation.ts";
import { readCommandLine } from "../cli/parse_args.ts";
import { readInvocation } from "../cli/read_invocation.ts";
import { instancePaths } from "../instance/paths.ts";
import { MAX_RECORD_BYTES, parseRecord, type PidRecord } from "../instance/pid_file_format.ts";
import type { Host } from "../platform/runtime/host.ts";

/** How long Temporal's CLI may take, in ms: somebody is typing. */
const COMPLETION_TIMEOUT_MS = 2000;

/**
 * `__complete WORDS…`, which the completion scripts call: prints what may stand in the place of the last word. An error
 * would disturb the line that is being typed, so none is shown.
 *
 * @returns 0, always
 */
export async function printCompletion(host: Host): Promise<number> {
  try {
    const words = host.args.slice(1);
    let completion = complete(words);
    if (completion.kind === "known") {
      const { values, written, description } = completion;
      // Of `--profile NAME`, the flag is left out too.
      const isBehindFlag = words.at(-1)?.startsWith("-") !== true && words.at(-2)?.startsWith("-") === true;
      const invocation = await readInvocation(host, readCommandLine(words.slice(0, isBehindFlag ? -2 : -1)));
      const candidates = [...await LISTS[values](host, invocation)]
        .map((value): Candidate => ({ value: written + value, description }))
        .filter(({ value }) => value.startsWith(words.at(-1) ?? ""));
      completion = { kind: "candidates", candidates };
    } else if (completion.kind === "temporal") {
      const { args } = completion;
      const invocation = await readInvocation(host, readCommandLine(words.slice(0, -args.length)));
      completion = { kind: "candidates", candidates: await askTemporal(host, invocation, args) };
    }
    await host.write("stdout", renderCompletion(completion));
  } catch {
    // As promised.
  }
  return 0;
}

/** What Temporal's own CLI, the binary of the instance, offers for its arguments. */
async function askTemporal(host: Host, invocation: Invocation, args: readonly string[]): Promise<Candidate[]> {
  const { findOptions, findTemporal } = await import("../binary/find.ts");
  const { askBinary } = await import("../binary/ask_binary.ts");
  const running = recordIn(host, invocation)?.executable;
  const binary = running ?? findTemporal(findOptions({ host, invocation })).binary?.path;
  if (binary === undefined) return [];
  const answer = await askBinary(binary, ["__complete", ...args], "stdout", undefined, COMPLETION_TIMEOUT_MS);
  return answer.kind === "exited" ? readCobraCandidates(answer.output) : [];
}

/** What is recorded of the Temporal that runs. */
function recordIn(host: Host, { home }: Invocation): PidRecord | null {
  const reading = host.readText(instancePaths(home).record, MAX_RECORD_BYTES);
  const parsed = "text" in reading ? parseRecord(reading.text) : null;
  return parsed !== null && "record" in parsed ? parsed.record : null;
}

/** None of them asks the network or the supervisor. */
const LISTS: Readonly<Record<KnownValues, (host: Host, invocation: Invocation) => Promise<Iterable<string>>>> = {
  versions: async (host, { home }) =>
    (await import("../binary/installed.ts")).installedVersions({ home, env: host.env, cwd: host.cwd() }),
  profiles: async (host, invocation) => {
    const { requestedProfile } = await import("../external/target.ts");
    const { profileNames } = await import("../external/connection/toml_profile.ts");
    const { defaultConfigFile } = await import("../environment/temporal_toml_path.ts");
    const path = requestedProfile({ host, invocation }).path ?? defaultConfigFile(host.env, host.platform);
    return path === null ? [] : await profileNames(path);
  },
  logs: async (_host, { home }) =>
    (await import("../logs/show/log_files.ts")).listLogs(instancePaths(home).logsDir).map(({ source }) => source),
  processes: async (_host, { home, processes = [], command }) => {
    const { recordedNames } = await import("../instance/pid_file.ts");
    return new Set([...processes.map(({ name }) => name), ...command.name === "run" ? ["all"] : recordedNames(home)]);
  },
  namespaces: (host, invocation) => {
    const running = recordIn(host, invocation)?.settings?.namespaces ?? [];
    return Promise.resolve(new Set([...invocation.requested.namespaces ?? [], ...running, "default"]));
  },
};
