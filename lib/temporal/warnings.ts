import type { EventLog } from "../instance/event_log.ts";

/** No more warnings than this are kept for `status`. */
const MAX_WARNINGS = 20;

/** What a person should know of an instance: logged, and kept for `status`. */
export class Warnings {
  readonly #log: EventLog;
  readonly #messages: string[] = [];
  #ofLaunch: readonly string[] = [];

  constructor(log: EventLog) {
    this.#log = log;
  }

  add(message: string): void {
    this.#log.note("warning", { message });
    if (!this.#messages.includes(message) && this.#messages.length < MAX_WARNINGS) this.#messages.push(message);
  }

  /** What is to be known of the Temporal of this launch; the next one may have none of it. */
  setOfLaunch(messages: readonly string[]): void {
    for (const message of messages) this.#log.note("warning", { message });
    this.#ofLaunch = messages;
  }

  get all(): readonly string[] {
    return [...this.#messages, ...this.#ofLaunch];
  }
}
