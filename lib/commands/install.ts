import { binaryFault } from "../binary/find.ts";
import type { InstalledTemporal } from "../binary/install.ts";
import { showInstall } from "../binary/install_progress.ts";
import { writeSelectedVersion } from "../binary/selected_version.ts";
import { checkHome, type Command, type CommandContext } from "../cli/context.ts";
import { loadConfig } from "../cli/load_config.ts";
import { PICK_VERSION } from "../config/flags/instance_flags.ts";
import { sourceName } from "../config/flags/setting_source.ts";
import { DEFAULT_TEMPORAL_VERSION, isVersion } from "../config/temporal_versions.ts";
import { LocalError } from "../errors/local_error.ts";
import { prepareHome } from "../instance/home.ts";
import { managedBinaryPath } from "../instance/paths.ts";

/** Gets a Temporal binary and chooses it for the launches to come; or lists or removes what is installed. */
export const install: Command = async (context) => {
  const { commandOptions, options } = context.invocation;
  const asked = ["version", "list", "remove"].filter((name) =>
    options.get(name)?.source.kind === "flag" && commandOptions[name] !== false
  );
  if (asked.length > 1) {
    throw new LocalError("usage", `\`--${asked[0]}\` and \`--${asked[1]}\` don't go together`, {
      hint: "See `stigmer-local help install`",
    });
  }
  if (commandOptions["list"] === true) return await (await import("../binary/install_list.ts")).listInstalled(context);
  if (commandOptions["remove"] !== undefined) {
    return await (await import("../binary/install_remove.ts")).removeInstalled(
      context,
      versionFrom(commandOptions["remove"], "--remove"),
    );
  }

  const { home } = context.invocation;
  checkHome(context);
  for (const warning of prepareHome(home).warnings) await context.tell(`warning: ${warning}`);
  const version = commandOptions["version"] === undefined
    ? DEFAULT_TEMPORAL_VERSION
    : versionFrom(commandOptions["version"], "--version");
  const installed = await installOne(context, version);
  // What a setting says, it says to each launch, and only as long as it is there.
  writeSelectedVersion(home, asked.length === 0 ? null : version);
  const { path, source, trust, url } = installed;
  const overruledBy = await whatOverrules(context, version);
  await context.answer(
    { schema: 1, version, path, source, trust, url, overruledBy },
    () => render(version, installed, overruledBy),
  );
  return 0;
};

/** The setting by which a launch runs something else than the version that was installed; null = none does. */
async function whatOverrules({ host, invocation: { home, options } }: CommandContext, version: string) {
  const binary = options.get("temporal-bin");
  const chosen = options.get("version");
  const isFlag = chosen?.source.kind === "flag";
  // One version in a setting goes before a binary that is named less loudly.
  if (binary !== undefined && (isFlag || binary.source.kind === "environment")) return sourceName(binary.source);
  if (!isFlag) return null;
  const { env } = PICK_VERSION;
  const fromEnv = host.env[env!];
  if (fromEnv) return withoutV(fromEnv) === version ? null : `$${env}`;
  const file = await loadConfig(host, home);
  const inFile = file?.values.get("version");
  if (inFile === undefined || !("value" in inFile.node) || withoutV(inFile.node.text) === version) return null;
  return sourceName({ kind: "file", path: file!.path, line: inFile.line, key: inFile.key });
}

const withoutV = (version: string) => version.replace(/^v(?=\d)/, "");

async function installOne(context: CommandContext, version: string): Promise<InstalledTemporal> {
  const { host, invocation: { home } } = context;
  const path = managedBinaryPath(home, version);
  if (binaryFault(path) === null) return { path, version, source: "managed", trust: null, url: null };
  const { installTemporal } = await import("../binary/install.ts");
  return await showInstall(
    context,
    version,
    (watch) => installTemporal({ version, home, env: host.env, ...watch }),
  );
}

/**
 * The version that was given with `flag`; a leading `v` is no part of it.
 *
 * @throws {LocalError} `usage`
 */
function versionFrom(value: unknown, flag: string): string {
  const version = withoutV(String(value));
  if (isVersion(version)) return version;
  throw new LocalError("usage", `${flag} takes a version such as 1.5.1: \`${version}\` was given`, {
    facts: { flag, value: version },
  });
}

function render(version: string, { path, source, trust }: InstalledTemporal, overruledBy: string | null): string {
  const how = source === "managed"
    ? "was there"
    : source === "built"
    ? "built with go install"
    : trust === "pinned"
    ? "downloaded, its SHA-256 is the one in this tool's source"
    : "downloaded, its SHA-256 is the one published beside it";
  return `Temporal ${version} is installed (${how})\n  ${path}\n` +
    (overruledBy === null
      ? "The next `stigmer-local start` or `restart` runs it.\n"
      : `It is not what \`stigmer-local start\` runs: ${overruledBy} names another one.\n`);
}
