/**
 * The wait before another attempt: none after a success or a first failure, then `baseMs` doubling to `maxMs`, of which
 * 50–100 % are taken, so that many instances that failed for one reason do not come back in step.
 *
 * @param failures How many in a row; 0 after a success.
 * @param random A number in [0, 1).
 */
export function backoffDelayMs(failures: number, baseMs: number, maxMs: number, random: number): number {
  if (failures <= 1) return 0;
  const full = Math.min(maxMs, baseMs * 2 ** Math.min(failures - 2, 30));
  return Math.round(full * (0.5 + random / 2));
}
