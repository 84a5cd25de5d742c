import { formatValue } from "../config/flags/flag_values.ts";
import { CONFIG_FLAGS } from "../config/flags/instance_flags.ts";
import { policyDifferences } from "../config/policy.ts";
import { type SettingDifference, settingsDifferences } from "../config/settings.ts";
import type { StartRequest } from "../control/api.ts";
import { withRealDatabase } from "../database/path.ts";
import { LocalError } from "../errors/local_error.ts";
import type { Instance } from "../instance/context.ts";
import type { Supervisor } from "./supervisor.ts";

/** @throws {LocalError} `settings-differ` if a request wants something otherwise than it runs */
export function refuseDifferences(request: StartRequest, instance: Instance, supervisor: Supervisor): void {
  const differences = differencesFrom(request, instance, supervisor);
  if (differences.length === 0) return;
  const isOfProcesses = differences.every(({ setting }) => setting.startsWith("processes."));
  const what = isOfProcesses ? "Processes are" : "Temporal is";
  throw new LocalError(
    "settings-differ",
    `${what} already running with different settings: ${differences.map(inWords).join("; ")}`,
    {
      hint: isOfProcesses
        ? "`stigmer-local restart` applies the project file"
        : "`stigmer-local restart` with the same flags applies them; a different --home creates a separate instance",
      facts: { differences },
    },
  );
}

function differencesFrom(
  { asked: requested, binary, policy = {}, processes }: StartRequest,
  instance: Instance,
  { manager, program, stack }: Supervisor,
): SettingDifference[] {
  const isSame = requested.dbFilename === program.settings.dbFilename; // not the real path before the first launch
  const differences = settingsDifferences(isSame ? requested : withRealDatabase(requested), program.settings);
  const running = manager.process;
  if (binary !== null && running !== null && running.binary !== binary && running.executable !== binary) {
    differences.push({ setting: "temporal-bin", running: running.binary, asked: binary });
  }
  for (const key of policyDifferences(policy, instance.policy)) {
    const flag = CONFIG_FLAGS.find((each) => each.policy === key)!;
    const [running, asked] = [instance.policy[key], policy[key]!].map((value) =>
      flag.kind === "count" ? value : formatValue(flag, value)
    );
    differences.push({ setting: flag.name, running, asked });
  }
  return processes === undefined ? differences : [...differences, ...stack?.differences(processes) ?? []];
}

function inWords({ setting, running, asked }: SettingDifference): string {
  const [there, wanted] = [running, asked].map((value) =>
    Array.isArray(value) ? value.join(", ") : String(value ?? "")
  );
  return `${setting} is ${there === "" ? "not set" : there}, requested ${wanted === "" ? "none" : wanted}`;
}
