/** The activities of the workflow. Temporal may retry each of them, so each must be idempotent. */

/** Reserves the goods. */
export function reserve(order: string): Promise<string> {
  console.log(`reserved ${order}`);
  return Promise.resolve(`goods of ${order}`);
}

/** Ships the goods. */
export function ship(goods: string): Promise<string> {
  console.log(`shipped ${goods}`);
  return Promise.resolve(`${goods}: shipped`);
}
