import type { Settings } from "../config/settings.ts";
import type { Instance, LaunchRequest } from "../instance/context.ts";
import { HeldHome } from "../instance/lock_guard.ts";
import type { LockFile } from "../platform/locks/lock_file.ts";
import { Supervised } from "../process/supervised.ts";
import type { TemporalProcess } from "../temporal/process.ts";
import { TemporalProgram } from "../temporal/program.ts";
import { Warnings } from "./warnings.ts";

/** Supervises one instance: its Temporal. */
export class Supervisor extends Supervised<TemporalProcess> {
  readonly warnings: Warnings;
  readonly program: TemporalProgram;
  readonly #home: HeldHome;

  /** @param kept Settings for everything that is neither requested nor taken from a Temporal that is found. */
  constructor(instance: Instance, launchRequest: LaunchRequest, lock: LockFile, kept: Settings | null = null) {
    const warnings = new Warnings(instance.log);
    const program = new TemporalProgram(instance, launchRequest, warnings, kept);
    const home = new HeldHome(instance.paths, lock);
    super({
      instance,
      program,
      home,
      context: () => ({
        name: "Temporal",
        policy: instance.restartPolicy,
        failuresUntilHung: instance.healthPolicy.failuresUntilHung,
      }),
      health: () => instance.healthPolicy,
      check: async (timeoutMs) =>
        await program.probe?.serving(timeoutMs) ?? { ok: false, problem: "Temporal is not running any more" },
      warn: (message) => warnings.add(message),
    });
    this.warnings = warnings;
    this.program = program;
    this.#home = home;
  }

  override release(): void {
    super.release();
    this.#home.release();
  }
}
