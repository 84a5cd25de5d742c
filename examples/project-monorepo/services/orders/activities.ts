/** The activities of the workflow: each executes one of another service, in its namespace. */
import { execute } from "../../shared/temporal.ts";

export function charge(order: string): Promise<string> {
  return execute("billing", "charge", order, order);
}

export function ship(order: string): Promise<string> {
  return execute("shipping", "ship", order, order);
}
