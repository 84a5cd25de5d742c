import { managedBinaryPath } from "../core/instance_paths.ts";
import { LocalError } from "../core/local_error.ts";
import { DEFAULT_TEMPORAL_VERSION, isVersion } from "../core/versions.ts";
import { prepareHome } from "../system/home.ts";
import { writeChosenVersion } from "../temporal/chosen_version.ts";
import { binaryFault } from "../temporal/find_temporal.ts";
import type { InstalledTemporal } from "../temporal/install.ts";
import { checkHome, type Command, type CommandContext } from "./context.ts";
import { showInstall } from "./show_install.ts";

/** Gets a Temporal binary and chooses it for the launches to come; or lists or removes what is installed. */
export const install: Command = async (context) => {
  const { own } = context.invocation;
  const asked = ["version", "list", "remove"].filter((name) => own[name] !== undefined && own[name] !== false);
  if (asked.length > 1) {
    throw new LocalError("usage", `\`--${asked[0]}\` and \`--${asked[1]}\` don't go together`, {
      hint: "See `stigmer-local help install`",
    });
  }
  if (own["list"] === true) return await (await import("./install_list.ts")).listInstalled(context);
  if (own["remove"] !== undefined) {
    return await (await import("./install_remove.ts")).removeInstalled(context, versionFrom(own["remove"], "--remove"));
  }

  const { home } = context.invocation;
  checkHome(context);
  for (const warning of prepareHome(home).warnings) await context.tell(`warning: ${warning}`);
  const version = own["version"] === undefined ? DEFAULT_TEMPORAL_VERSION : versionFrom(own["version"], "--version");
  const installed = await installOne(context, version);
  writeChosenVersion(home, own["version"] === undefined ? null : version);
  const { path, source, trust, url } = installed;
  await context.answer({ schema: 1, version, path, source, trust, url }, () => render(version, installed));
  return 0;
};

async function installOne(context: CommandContext, version: string): Promise<InstalledTemporal> {
  const { host, invocation: { home } } = context;
  const path = managedBinaryPath(home, version);
  if (binaryFault(path) === null) return { path, version, source: "managed", trust: null, url: null };
  const { installTemporal } = await import("../temporal/install.ts");
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
  const version = String(value).replace(/^v(?=\d)/, "");
  if (isVersion(version)) return version;
  throw new LocalError("usage", `${flag} takes a version such as 1.5.1: \`${version}\` was given`, {
    facts: { flag, value: version },
  });
}

function render(version: string, { path, source, trust }: InstalledTemporal): string {
  const how = source === "managed"
    ? "was there"
    : source === "built"
    ? "built with go install"
    : trust === "pinned"
    ? "downloaded, its SHA-256 is the one in this tool's source"
    : "downloaded, its SHA-256 is the one published beside it";
  return `Temporal ${version} is installed (${how})\n  ${path}\n` +
    "The next `stigmer-local start` or `restart` runs it.\n";
}
