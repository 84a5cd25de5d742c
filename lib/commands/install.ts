import { mkdirSync } from "node:fs";
import type { InstalledTemporal } from "../binary/install.ts";
import { showInstall } from "../binary/install_progress.ts";
import { writeSelectedVersion } from "../binary/selected_version.ts";
import { checkHome, type Command, type CommandContext, tellWarnings } from "../cli/context.ts";
import { sourceIn } from "../cli/invocation.ts";
import { badValue } from "../config/flags/flag_values.ts";
import { PICK_VERSION } from "../config/flags/instance_flags.ts";
import { LATEST } from "../config/flags/pick_binary.ts";
import { sourceName } from "../config/flags/setting_source.ts";
import { DEFAULT_TEMPORAL_VERSION, isVersion, withoutV } from "../config/temporal_versions.ts";
import { LocalError } from "../errors/local_error.ts";
import { prepareHome } from "../instance/home.ts";
import { instancePaths } from "../instance/paths.ts";

/** Installs a Temporal binary and selects it for later launches; or lists or removes installed versions. */
export const install: Command = async (context) => {
  const { commandOptions, options } = context.invocation;
  const asked = ["version", "list", "remove"].filter((name) =>
    options.get(name)?.source.kind === "flag" && commandOptions[name] !== false
  );
  if (asked.length > 1) {
    throw new LocalError("usage", `\`--${asked[0]}\` cannot be combined with \`--${asked[1]}\``, {
      hint: "See `stigmer-local help install`",
    });
  }
  if (commandOptions["list"] === true) return await (await import("../binary/install_list.ts")).listInstalled(context);
  if (commandOptions["remove"] !== undefined) {
    const version = withoutV(String(commandOptions["remove"]));
    if (!isVersion(version)) throw badValue({ kind: "flag", name: "--remove" }, "a version such as 1.8.2", version);
    return await (await import("../binary/install_remove.ts")).removeInstalled(context, version);
  }

  const { home } = context.invocation;
  checkHome(context);
  await tellWarnings(context, { warnings: prepareHome(home) });
  const { commandOptions: { version: named } } = context.invocation;
  const installed = await installOne(context, named === undefined ? null : String(named));
  const { version, path, source, trust, url } = installed;
  // A version from a setting is not stored: the setting applies to each launch as long as it exists.
  mkdirSync(instancePaths(home).binDir, { recursive: true, mode: 0o700 });
  writeSelectedVersion(home, asked.length === 0 ? null : version);
  const overruledBy = overridingSetting(context, version);
  const insteadOf = named === undefined && version !== DEFAULT_TEMPORAL_VERSION ? DEFAULT_TEMPORAL_VERSION : null;
  await context.answer(
    { schema: 1, version, path, source, trust, url, insteadOf, overruledBy },
    () => render(installed, insteadOf, overruledBy),
  );
  return 0;
};

/** The setting that makes launches run another version than the installed one; null = none. */
function overridingSetting({ host, invocation: { options, files } }: CommandContext, version: string): string | null {
  const binary = options.get("temporal-bin");
  const chosen = options.get("version");
  const isFlag = chosen?.source.kind === "flag";
  // A version takes precedence over a binary from a source of lower precedence.
  if (binary !== undefined && (isFlag || binary.source.kind === "environment")) return sourceName(binary.source);
  if (!isFlag) return null;
  const { env } = PICK_VERSION;
  const fromEnv = host.env[env!];
  if (fromEnv) return withoutV(fromEnv) === version ? null : `$${env}`;
  const file = files.find(({ values }) => values.has("version"));
  if (file === undefined) return null;
  const { node } = file.values.get("version")!;
  if (!("value" in node) || withoutV(node.text) === version) return null;
  return sourceName(sourceIn(file, "version")!);
}

/** @param named A version, or `latest`; null = the default. */
async function installOne(context: CommandContext, named: string | null): Promise<InstalledTemporal> {
  const { host, invocation: { home } } = context;
  const place = { home, env: host.env, cwd: host.cwd() };
  const mayStandIn = named === null;
  const fixed = named === LATEST ? null : withoutV(named ?? DEFAULT_TEMPORAL_VERSION);
  const { installTemporal } = await import("../binary/install.ts");
  return await showInstall(context, async (watch) => {
    const version = fixed ?? await newest(host.env, watch.signal);
    return await installTemporal({ ...place, version, mayStandIn, ...watch });
  });
}

async function newest(env: CommandContext["host"]["env"], signal: AbortSignal): Promise<string> {
  return await (await import("../binary/download/latest.ts")).latestVersion(env, signal);
}

function render(
  { version, path, source, trust }: InstalledTemporal,
  insteadOf: string | null,
  overruledBy: string | null,
): string {
  const how = source === "managed"
    ? "already installed"
    : source === "built"
    ? "built with go install"
    : trust === "pinned"
    ? "downloaded, SHA-256 matches the one in this tool's source"
    : "downloaded, SHA-256 matches the published one";
  const instead = insteadOf === null ? "" : `${insteadOf} cannot be downloaded; `;
  return `${instead}Temporal ${version} is installed${instead === "" ? "" : " instead"} (${how})\n  ${path}\n` +
    (overruledBy === null
      ? "The next `stigmer-local start` or `restart` uses it.\n"
      : `\`stigmer-local start\` does not use it: ${overruledBy} selects another one.\n`);
}
