/** Charges the customer of an order. */
export function charge(order: string): Promise<string> {
  return Promise.resolve(`${order}: charged`);
}
