/** What the workflow does to the world. Each may be tried again, so each must bear that. */

/** Lays the goods aside. */
export function reserve(order: string): Promise<string> {
  console.log(`reserved ${order}`);
  return Promise.resolve(`goods of ${order}`);
}

/** Sends them off. */
export function ship(goods: string): Promise<string> {
  console.log(`shipped ${goods}`);
  return Promise.resolve(`${goods}: shipped`);
}
