import { columnsOf, type Command } from "../cli/context.ts";
import { findInstances } from "../client/instances/find_instances.ts";
import { renderInstances } from "../client/instances/render_instances.ts";

/** Lists the instances of this user. */
export const ls: Command = async (context) => {
  const { host, invocation: { commandOptions }, paint } = context;
  const all = commandOptions["all"] === true;
  const instances = await findInstances(context, all);
  await context.answer({ schema: 1, instances }, () => {
    if (instances.length === 0) return all ? "No instances\n" : "No instances are running\n";
    const userHome = host.env["HOME"] || null;
    return renderInstances(instances, { nowMs: Date.now(), userHome, paint, columns: columnsOf(context) });
  });
  return 0;
};
