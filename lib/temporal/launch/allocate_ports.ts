import type { Ports } from "../../config/auto_ports.ts";
import { LocalError, systemErrorCode } from "../../errors/local_error.ts";
import { hasLostPort } from "../../errors/port_errors.ts";
import type { Instance, LaunchPlan } from "../../instance/context.ts";
import { readPortsFile, writePortsFile } from "../../instance/ports_file.ts";
import { refuseTakenPorts } from "./preflight.ts";

/** Attempts before giving up. */
const MAX_ATTEMPTS = 10;

/**
 * Allocates the `auto` ports of a launch, and saves them for the home. Only for a requested start: after a crash,
 * clients expect Temporal on the same ports.
 */
export class PortAllocation {
  readonly #instance: Instance;
  readonly #warn: (message: string) => void;
  #attempts = 0;
  #isSavedTaken = false;

  constructor(instance: Instance, warn: (message: string) => void) {
    this.#instance = instance;
    this.#warn = warn;
  }

  /**
   * The plan with free ports: the saved ones, or others with a warning if another process has taken them.
   *
   * @throws {LocalError} `port-taken` for a port requested by number, or after too many attempts
   */
  async choose(plan: LaunchPlan): Promise<LaunchPlan> {
    if (plan.auto.length === 0) return plan;
    const saved = readPortsFile(this.#instance.paths);
    let taken: LocalError | null = null;
    if (!this.#isSavedTaken && plan.auto.every((name) => saved[name] !== undefined)) {
      const chosen = withChosen(plan, saved);
      taken = await this.#whyTaken(chosen);
      if (taken === null) return chosen;
      this.#isSavedTaken = true;
    }
    for (;; this.#attempts++) {
      const chosen = withChosen(plan, await this.#freePorts(plan));
      const why = await this.#whyTaken(chosen);
      if (why === null) {
        if (taken !== null) {
          this.#warn(`${taken.message}; it was saved for this home, which now uses ${namesOf(chosen)}`);
        }
        this.#keep(chosen, saved);
        return chosen;
      }
      if (this.#attempts >= MAX_ATTEMPTS) throw why;
    }
  }

  /** Whether to retry with other ports after a launch failed with `error`, because another process took a port. */
  mayTryOthers(plan: LaunchPlan, error: unknown): boolean {
    if (plan.auto.length === 0 || !hasLostPort(error) || ++this.#attempts > MAX_ATTEMPTS) return false;
    this.#isSavedTaken = true;
    return true;
  }

  async #freePorts({ settings: { ip, uiIp } }: LaunchPlan): Promise<Ports> {
    const { freePort } = this.#instance;
    return { port: await freePort(ip), uiPort: await freePort(uiIp ?? ip) };
  }

  /** Why an `auto` port can't be had, two equal ones included. @throws {LocalError} `port-taken` for any other */
  async #whyTaken(plan: LaunchPlan): Promise<LocalError | null> {
    try {
      await refuseTakenPorts(plan.settings, this.#instance);
      return null;
    } catch (error) {
      if (isPortTaken(error) && plan.auto.some((name) => plan.settings[name] === error.facts["port"])) return error;
      throw error;
    }
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

function isPortTaken(error: unknown): error is LocalError {
  return error instanceof LocalError && error.code === "port-taken";
}
