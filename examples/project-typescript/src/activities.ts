/** The activities of the workflow. Temporal may retry each of them, so each must be idempotent. */

/** Ships the goods. */
export function ship(order: string): Promise<string> {
  console.log(`shipped ${order}`);
  return Promise.resolve(`${order}: shipped`);
}
