import type { ChildProcess } from "node:child_process";

/**
 * Resolves with the child that `spawn` makes when it runs. Until then it may lack the pipes that its type promises: where
 * no descriptor is left, Node makes none, and emits the failure as an event, as it does most others.
 *
 * @throws the system's error (`EMFILE`, `EAGAIN`, `ENOENT` …)
 */
export async function started<Child extends ChildProcess>(spawn: () => Child): Promise<Child> {
  const child = spawn();
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  return child;
}
