import { MAX_CANDIDATES, portCandidate, type Ports } from "../../config/auto_ports.ts";
import { LocalError, systemErrorCode } from "../../errors/local_error.ts";
import { hasLostPort } from "../../errors/port_errors.ts";
import type { Instance, LaunchPlan } from "../../instance/context.ts";
import { readPortsFile, writePortsFile } from "../../instance/ports_file.ts";
import { refuseTakenPorts } from "./preflight.ts";

/**
 * Chooses the ports of one launch where any will do, and keeps them for the home. Only for a launch that a person asked
 * for: after a crash, clients look for Temporal where it was.
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
   * The plan with free ports: those that are kept, unless somebody else has taken them, which is told.
   *
   * @throws {LocalError} `port-taken` for a port that was asked for by its number, or when all that are tried are taken
   */
  async choose(plan: LaunchPlan): Promise<LaunchPlan> {
    if (plan.auto.length === 0) return plan;
    const { paths } = this.#instance;
    const kept = readPortsFile(paths);
    let barred: LocalError | null = null;
    for (;; this.#attempt++) {
      const isKept = this.#attempt < 0;
      if (isKept && plan.auto.some((name) => kept[name] === undefined)) continue;
      const ports = isKept ? kept : portCandidate(paths.home, this.#attempt);
      const chosen = withChosen(plan, ports);
      const { port, uiPort, headless } = chosen.settings;
      if (port === uiPort && !headless) continue; // the one that was asked for by its number
      try {
        await refuseTakenPorts(chosen.settings, this.#instance);
      } catch (error) {
        const isAuto = isPortTaken(error) && plan.auto.some((name) => chosen.settings[name] === error.facts["port"]);
        if (!isAuto || this.#attempt >= MAX_CANDIDATES) throw error;
        if (isKept) barred = error;
        continue;
      }
      if (barred !== null) this.#warn(`${barred.message}; it was kept for this home, which has ${namesOf(chosen)} now`);
      if (!isKept) this.#keep(chosen, kept);
      return chosen;
    }
  }

  /** Whether other ports may be tried after a launch that failed with `error`: somebody was faster. */
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
      this.#warn(`${namesOf(plan)} can't be kept for the next time: ${systemErrorCode(error)}`);
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

function isPortTaken(error: unknown): error is LocalError {
  return error instanceof LocalError && error.code === "port-taken";
}
