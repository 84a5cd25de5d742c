import { statSync } from "node:fs";
import process from "node:process";
import type { CommandContext } from "../../cli/context.ts";
import { readFailure } from "../../control/client.ts";
import { askLong } from "../../control/request.ts";
import { LocalError, systemErrorCode } from "../../errors/local_error.ts";
import { type Status, statusExitCode } from "../../instance/status/status.ts";
import { followAll } from "../../logs/show/follow_all.ts";
import { groupUsageOn, type ReadGroupUsage } from "../../platform/processes/group_usage.ts";
import { delay, unlessAborted } from "../../platform/runtime/delay.ts";
import { type Action, keysIn, press } from "./keys.ts";
import { groupsOf, nextReading, NO_READING, type Reading } from "./meter.ts";
import { noteFor, requestFor } from "./perform.ts";
import { type Canvas, renderLast, renderView } from "./render.ts";
import { Screen } from "./screen.ts";
import { type Row, type View, viewOf, withLines, withStatus, withWork, type Work } from "./view.ts";

const LOOK_EVERY_MS = 1000;
/** While something starts or stops, which takes about a second. */
const LOOK_OFTEN_MS = 200;
/** For a start, a stop or a restart, in ms. */
const WORK_TIMEOUT_MS = 120_000;
/** A signal to the own process group has arrived after this time, in ms. */
const SIGNAL_MS = 20;
/** How much of a log is shown before what is written from now on. */
const TAIL_BYTES = 64 * 1024;

/**
 * Shows the status that `look` returns on the terminal, with a table that is redrawn every second, until `q`, a signal, or
 * `timeoutMs` from now; keys, if stdin is a terminal too, select, restart, stop and start what is in it, and follow its log.
 * Leaves the terminal as it was, with the last table.
 *
 * @returns the exit code of `status` for the last status
 * @throws what `look` throws
 */
export async function liveView(
  context: CommandContext,
  look: () => Promise<Status>,
  timeoutMs: number,
): Promise<number> {
  const first = await look(); // an error leaves the terminal alone
  return await new LiveView(context, look, first).run(timeoutMs);
}

class LiveView {
  readonly #context: CommandContext;
  readonly #look: () => Promise<Status>;
  readonly #screen: Screen;
  readonly #hasKeys: boolean;
  readonly #readUsage: ReadGroupUsage;
  readonly #over = new AbortController();
  #error: unknown = null;
  #seen: Status;
  #view: View;
  #reading: Reading = NO_READING;
  /** Ends the wait for the next look. */
  #wake = () => {};
  #endFollow = () => {};
  #setRaw: (isRaw: boolean) => void = () => {};

  constructor(context: CommandContext, look: () => Promise<Status>, first: Status) {
    const { host, typed } = context;
    this.#context = context;
    this.#look = look;
    this.#hasKeys = host.isTerminal("stdin");
    this.#readUsage = groupUsageOn(host.platform);
    this.#seen = first;
    this.#view = viewOf(typed.inValue(first));
    const onGone = (error: unknown) =>
      error === null || systemErrorCode(error) !== undefined ? this.#end() : this.#fail(error);
    this.#screen = new Screen(host, () => renderView(this.#typedView(), this.#canvas()), onGone);
  }

  async run(timeoutMs: number): Promise<number> {
    const { host } = this.#context;
    host.rows(); // before SIGWINCH is handled: Node learns the size by a handler of its own, which must come first
    const stopListening = [
      host.onSignal(["SIGINT", "SIGTERM", "SIGHUP"], () => this.#end()),
      host.onSignal(["SIGWINCH"], () => this.#screen.drawAgain()),
    ];
    try {
      if (this.#hasKeys) this.#setRaw = host.readKeys((typed) => this.#type(typed));
      await this.#screen.enter();
      await this.#showUntil(performance.now() + timeoutMs);
    } finally {
      this.#end();
      this.#setRaw(false);
      const last = renderLast(this.#typedView(), this.#canvas());
      await this.#screen.leave(last.map((line) => `${line}\n`).join(""));
      for (const stop of stopListening) stop();
    }
    if (this.#error !== null) throw this.#error;
    return statusExitCode(this.#seen);
  }

  async #showUntil(endsAtMs: number): Promise<void> {
    try {
      for (;;) {
        await this.#show();
        await this.#untilNextLook(endsAtMs - performance.now());
        if (performance.now() >= endsAtMs) return;
        this.#seen = await unlessAborted(this.#look(), this.#over.signal);
      }
    } catch (error) {
      if (!this.#over.signal.aborted) throw error;
    }
  }

  async #show(): Promise<void> {
    const usage = await this.#readUsage(groupsOf(this.#seen)).catch((error: unknown) => {
      if (error instanceof LocalError) return new Map(); // a sandbox that allows no ps
      throw error;
    });
    this.#reading = nextReading(this.#reading, usage, performance.now());
    this.#change(withStatus(this.#view, this.#context.typed.inValue(this.#seen), this.#reading.shown));
  }

  async #untilNextLook(remainingMs: number): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    if (this.#over.signal.aborted) return;
    const ms = Math.min(remainingMs, this.#view.work.size > 0 ? LOOK_OFTEN_MS : LOOK_EVERY_MS);
    await delay(ms, woken.signal).catch(() => {});
  }

  #end(): void {
    this.#over.abort();
    this.#wake();
    this.#endFollow();
  }

  #type(typed: string): void {
    for (const key of keysIn(typed)) {
      const { view, action } = press(this.#view, key);
      this.#change(view);
      if (action !== null) this.#act(action);
    }
  }

  #act(action: Action): void {
    if (action.kind === "quit") return this.#end();
    if (action.kind === "return") return this.#endFollow();
    const done = action.kind === "suspend"
      ? this.#suspend()
      : action.kind === "follow"
      ? this.#follow(action.row)
      : this.#work(action.kind, action.row);
    done.catch((error: unknown) => this.#fail(error));
  }

  /** What Ctrl-Z does to a program that does not read keys; the shell continues it with `fg`. */
  async #suspend(): Promise<void> {
    this.#setRaw(false);
    await this.#screen.leave("");
    process.kill(0, "SIGTSTP");
    await delay(SIGNAL_MS);
    if (this.#over.signal.aborted) return;
    this.#setRaw(true);
    await this.#screen.enter();
  }

  async #work(work: Work, row: Row): Promise<void> {
    const { host, invocation: { home } } = this.#context;
    this.#change(withWork(this.#view, row.process, work));
    this.#wake();
    const answer = await askLong(host, home, requestFor(work, row), WORK_TIMEOUT_MS);
    const failure = answer.kind === "answer" && answer.response.status >= 400 ? readFailure(answer.response) : null;
    const note = noteFor(work, row, answer.kind, failure, WORK_TIMEOUT_MS);
    this.#change({ ...withWork(this.#view, row.process, null), note });
    this.#wake();
  }

  async #follow({ log }: Row): Promise<void> {
    const end = new AbortController();
    this.#endFollow = () => end.abort();
    const info = statSync(log!, { throwIfNoEntry: false });
    const offset = Math.max(0, (info?.size ?? 0) - TAIL_BYTES);
    let isCut = offset > 0;
    const position = { source: "", path: log!, offset, inode: info?.ino ?? null };
    for await (const lines of followAll([position], end.signal)) {
      if (end.signal.aborted) return;
      this.#change(withLines(this.#view, lines.slice(isCut ? 1 : 0).map(({ text }) => text)));
      isCut = false;
      await delay(1); // a log that is written fast must not keep the keys from being read
    }
  }

  #fail(error: unknown): void {
    this.#error ??= error;
    this.#end();
  }

  #change(view: View): void {
    this.#view = view;
    this.#screen.draw();
  }

  #canvas(): Canvas {
    const { host, paint } = this.#context;
    const hasKeys = this.#hasKeys;
    return { columns: host.columns(), rows: host.rows(), nowMs: Date.now(), paint, hasKeys };
  }

  /** The view with commands that mean this instance. */
  #typedView(): View {
    const { note } = this.#view;
    return note === null
      ? this.#view
      : { ...this.#view, note: { ...note, text: this.#context.typed.inText(note.text) } };
  }
}
