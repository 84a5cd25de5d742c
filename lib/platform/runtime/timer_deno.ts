/**
 * Calls `action` after `ms`; returns a function that cancels it.
 *
 * Uses `Atomics.waitAsync` of V8, because the first `setTimeout` of a Deno process takes 5–8 ms (Deno 2.9 loads Node's
 * timers for it), a quarter of the total time of `status`.
 */
export function afterDeno(ms: number, action: () => void): () => void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  let isCancelled = false;
  const wait = Atomics.waitAsync(cell, 0, 0, ms);
  if (wait.async) {
    void wait.value.then(() => {
      if (!isCancelled) action();
    });
  } else queueMicrotask(action);
  return () => {
    isCancelled = true;
    Atomics.notify(cell, 0);
  };
}
