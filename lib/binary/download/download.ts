import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { backoffDelayMs } from "../../config/backoff.ts";
import { LocalError } from "../../errors/local_error.ts";
import { delay } from "../../platform/runtime/delay.ts";
import type { InstallPhase } from "../render_install.ts";
import { parseChecksums } from "./checksums.ts";
import { type Answer, httpGet, type HttpTimeouts } from "./http_get.ts";
import { shownUrl } from "./release_files.ts";
import { NOTHING_YET, rangeHeaders, readAnswer, type Transfer } from "./resume.ts";
import { Broken, Unreachable } from "./transfer_error.ts";

/** Timeouts and retries of a download. */
export interface DownloadTiming extends HttpTimeouts {
  /** Number of consecutive attempts without progress before giving up. */
  maxTries: number;
  /** Delay before the second attempt, in ms; doubled each time. */
  baseDelayMs: number;
}

/** The defaults; a short time for connecting, so that a machine without network gives up soon. */
export const DEFAULT_TIMING: DownloadTiming = {
  connectTimeoutMs: 4_000,
  answerTimeoutMs: 15_000,
  stallTimeoutMs: 20_000,
  maxTries: 5,
  baseDelayMs: 500,
};

/** Options of a download. */
export interface DownloadOptions {
  url: URL;
  /** The file to write; created or truncated. */
  path: string;
  /** A larger file is refused. */
  maxBytes: number;
  env: Readonly<Record<string, string | undefined>>;
  timing: DownloadTiming;
  signal?: AbortSignal | undefined;
  onProgress: (phase: InstallPhase) => void;
}

/** Minimum interval between progress reports, in ms. */
const REPORT_INTERVAL_MS = 100;
/** The rate is averaged over this time, in ms. */
const RATE_WINDOW_MS = 5_000;
const MAX_TRIES_IN_ALL = 50;
/** The longest delay between two attempts, in ms. */
const MAX_DELAY_MS = 30_000;

/**
 * Downloads a file. An interrupted transfer is resumed after a growing delay, if the server supports it and the file
 * has not changed. If the server cannot be reached at all, gives up at once.
 *
 * @returns whether it was assembled from several responses
 * @throws {LocalError} `install-failed`; the fact `isBlocked` tells that the network or server is the cause
 * @throws the system's error if the file can't be written; the reason of `signal`
 */
export async function download(options: DownloadOptions): Promise<{ isResumed: boolean }> {
  const { url, env, timing, signal } = options;
  const fd = openSync(options.path, "w", 0o600);
  let transfer: Transfer = NOTHING_YET;
  let isResumed = false;
  let hasAnswered = false;
  try {
    options.onProgress({ phase: "connecting", host: url.host });
    let tries = 1;
    for (let inAll = 1;; tries++, inAll++) {
      const before = transfer.have;
      let why: string;
      let afterMs: number | null = null;
      let answer: Answer | null = null;
      try {
        answer = await httpGet(url, { env, signal, headers: rangeHeaders(transfer), ...timing });
        hasAnswered = true;
        const reading = readAnswer(transfer, answer.status, answer.headers);
        if (reading.kind === "refused") throw failed(url, reading.why, true);
        if (reading.kind === "body") {
          transfer = reading.transfer;
          if (transfer.have > 0) isResumed = true;
          await save(answer, transfer, fd, options);
          return { isResumed };
        }
        ({ why, afterMs } = reading);
        if (reading.fromStart) transfer = NOTHING_YET;
      } catch (error) {
        if (error instanceof Unreachable && !(hasAnswered || error.isBroken)) {
          throw failed(url, error.message, true, error);
        }
        if (!(error instanceof Broken || error instanceof Unreachable)) throw error;
        why = error.message;
      } finally {
        answer?.close();
      }
      if (transfer.have > before) tries = 1;
      if (tries >= timing.maxTries || inAll >= MAX_TRIES_IN_ALL) throw failed(url, why, true);
      options.onProgress({ phase: "retrying", why, received: transfer.have });
      await delay(afterMs ?? backoffDelayMs(tries, timing.baseDelayMs, MAX_DELAY_MS, Math.random()), signal);
    }
  } finally {
    closeSync(fd);
  }
}

/** Maximum size of a checksum list, in bytes. */
const MAX_CHECKSUMS_BYTES = 256 * 1024;

/**
 * The checksums published at `url`, by file name. Downloads them into the folder `scratch`.
 *
 * @throws as {@linkcode download} does
 */
export async function publishedSums(
  url: URL,
  scratch: string,
  options: Pick<DownloadOptions, "env" | "timing" | "signal">,
): Promise<Map<string, string>> {
  const path = join(scratch, "checksums.txt");
  await download({ ...options, url, path, maxBytes: MAX_CHECKSUMS_BYTES, onProgress: () => {} });
  return parseChecksums(readFileSync(path, "utf8"));
}

/** Appends the body to the file. Counts in `transfer` what it has, so that it is known if the transfer breaks. */
async function save(answer: Answer, transfer: Transfer, fd: number, options: DownloadOptions): Promise<void> {
  ftruncateSync(fd, transfer.have);
  const samples: { atMs: number; bytes: number }[] = [{ atMs: performance.now(), bytes: transfer.have }];
  const tell = () => {
    const [first] = samples;
    const spanMs = performance.now() - first!.atMs;
    const bytesPerS = spanMs < 500 ? null : (transfer.have - first!.bytes) / spanMs * 1_000;
    options.onProgress({ phase: "downloading", received: transfer.have, total: transfer.total, bytesPerS });
  };
  const refuseTooLarge = (bytes: number) => {
    if (bytes > options.maxBytes) throw failed(options.url, `it is larger than ${options.maxBytes} bytes`, false);
  };
  refuseTooLarge(transfer.total ?? 0);
  tell();
  for await (const piece of answer.body()) {
    refuseTooLarge(transfer.have + piece.length);
    writeAt(fd, piece, transfer.have);
    transfer.have += piece.length;
    const now = performance.now();
    if (now - samples.at(-1)!.atMs < REPORT_INTERVAL_MS) continue;
    samples.push({ atMs: now, bytes: transfer.have });
    while (samples.length > 2 && now - samples[0]!.atMs > RATE_WINDOW_MS) samples.shift();
    tell();
  }
  // Node checks the announced length, but a range may be shorter than the missing part.
  if (transfer.total !== null && transfer.have < transfer.total) {
    throw new Broken("the server sent less than it announced");
  }
  tell();
}

function writeAt(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
  }
}

function failed(url: URL, why: string, isBlocked: boolean, cause?: unknown): LocalError {
  return new LocalError("install-failed", `Cannot download ${shownUrl(url)}: ${why}`, {
    facts: { url: shownUrl(url), why, isBlocked },
    cause,
  });
}
