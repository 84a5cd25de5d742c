import { MAX_CANDIDATES, portCandidate, type Ports } from "../../config/auto_ports.ts";
import { hasLostPort, LocalError, systemErrorCode } from "../../errors/local_error.ts";
import type { Instance, LaunchPlan } from "../../instance/context.ts";
import { readPortsFile, writePortsFile } from "../../instance/ports_file.ts";
import { refuseTakenPorts } from "./check_ports.ts";

/**
 * Allocates the `auto` ports of a launch, and saves them for the home. Only for a requested start: after a crash,
 * clients expect Temporal on the same ports.
 */
export class PortAllocation {
  readonly #instance: Instance;
  readonly #warn: (message: string) => void;
  #attempt = -1;

  constructor(instance: Instance, warn: (message: string) => void) {
    this.#instance = instance;
    this.#warn = warn;
  }

  /**
   * The plan with free ports: the saved ones, or others with a warning if another process has taken them.
   *
   * @throws {LocalError} `port-taken` for a port requested by number, or if all candidates are taken
   */
  async choose(plan: LaunchPlan): Promise<LaunchPlan> {
    if (plan.auto.length === 0) return plan;
    const { paths } = this.#instance;
    const kept = readPortsFile(paths);
    let taken: LocalError | null = null;
    for (;; this.#attempt++) {
      const isKept = this.#attempt < 0;
      if (isKept && plan.auto.some((name) => kept[name] === undefined)) continue;
      const ports = isKept ? kept : portCandidate(paths.home, this.#attempt);
      const chosen = withChosen(plan, ports);
      const { port, uiPort, headless } = chosen.settings;
      if (port === uiPort && !headless) continue; // equals the port requested by number
      try {
        await refuseTakenPorts(chosen.settings, this.#instance);
      } catch (error) {
        if (!(error instanceof LocalError)) throw error;
        const isAuto = plan.auto.some((name) => chosen.settings[name] === error.facts["port"]);
        if (!isAuto || this.#attempt >= MAX_CANDIDATES) throw error;
        if (isKept) taken = error;
        continue;
      }
      if (taken !== null) this.#warn(`${taken.message}; it was saved for this home, which now uses ${namesOf(chosen)}`);
      if (!isKept) this.#keep(chosen, kept);
      return chosen;
    }
  }

  /** Whether to retry with other ports after a launch failed with `error`, because another process took a port. */
  mayTryOthers(plan: LaunchPlan, error: unknown): boolean {
    if (plan.auto.length === 0 || !hasLostPort(error) || this.#attempt >= MAX_CANDIDATES) return false;
    this.#attempt++;
    return true;
  }

  #keep(plan: LaunchPlan, kept: Partial<Ports>): void {
    try {
      writePortsFile(this.#instance.paths, { ...kept, ...portsOf(plan, plan.settings) });
    } catch (error) {
      if (systemErrorCode(error) === undefined) throw error;
      this.#warn(`Cannot save ${namesOf(plan)} for the next start: ${systemErrorCode(error)}`);
    }
  }
}

function portsOf({ auto }: LaunchPlan, ports: Partial<Ports>): Partial<Ports> {
  return Object.fromEntries(auto.map((name) => [name, ports[name]]));
}

function withChosen(plan: LaunchPlan, ports: Partial<Ports>): LaunchPlan {
  return { ...plan, settings: { ...plan.settings, ...portsOf(plan, ports) } };
}

function namesOf({ settings, auto }: LaunchPlan): string {
  const { port, uiPort, headless } = settings;
  return auto.includes("port") ? `port ${port}` : headless ? "its port" : `UI port ${uiPort}`;
}
