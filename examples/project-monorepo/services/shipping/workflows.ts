/** Ships what an order says. */
export function ship(order: string): Promise<string> {
  return Promise.resolve(`${order}, shipped`);
}
