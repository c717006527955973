/** `wsk namespace list`, `wsk namespace get`, `wsk list` (wsk-cli 10). */
import type { WhiskClient } from "../../../client/client.ts";
import { type Context, checkArgs } from "../context.ts";
import {
  actionRow,
  packageRow,
  printList,
  type Row,
  ruleRow,
  sortActions,
  sortByName,
  triggerRow,
} from "../list.ts";
import { DEFAULT_NAMESPACE } from "../qualified-name.ts";
import { withStatus } from "../rule-status.ts";
import { wrapError } from "../wsk-error.ts";

const NO_ARGS = "No arguments are required.";
/** As many as the platform gives at once. */
const ALL = { limit: 0, skip: 0 };

export async function listNamespaces(context: Context): Promise<void> {
  checkArgs(context.args, 0, 0, NO_ARGS);
  try {
    const names = await context.client().namespaces();
    const rows = names.map((name) => ({ namespace: "", name, text: name }));
    printList(context, "namespaces", rows);
  } catch (cause) {
    throw wrapError(
      (inner) => `Unable to obtain the list of available namespaces: ${inner}`,
      cause,
    );
  }
}

/** All entities of the caller's namespace in four lists. */
export async function listEntities(context: Context): Promise<void> {
  if (!(context.args.length === 1 && context.args[0] === "/_")) {
    checkArgs(context.args, 0, 0, NO_ARGS);
  }
  const lists = await fetchLists(context.client());
  const rules = await withStatus(context, DEFAULT_NAMESPACE, lists.rules);
  const order = context.flags.switchedOn("name-sort")
    ? { actions: sortActions, others: sortByName }
    : { actions: unsorted, others: unsorted };
  context.io.out(`Entities in namespace: ${context.paint.bold("default")}\n`);
  printList(context, "packages", order.others(lists.packages.map(packageRow)));
  printList(context, "actions", order.actions(lists.actions.map(actionRow)));
  printList(context, "triggers", order.others(lists.triggers.map(triggerRow)));
  printList(context, "rules", order.others(rules.map(ruleRow)));
}

const unsorted = (rows: readonly Row[]): readonly Row[] => rows;

async function fetchLists(client: WhiskClient) {
  try {
    return {
      actions: await client.actions(DEFAULT_NAMESPACE, "", ALL),
      packages: await client.entities(DEFAULT_NAMESPACE, "packages", ALL),
      triggers: await client.entities(DEFAULT_NAMESPACE, "triggers", ALL),
      rules: await client.entities(DEFAULT_NAMESPACE, "rules", ALL),
    };
  } catch (cause) {
    const text = "Unable to obtain the list of entities for namespace 'default': ";
    throw wrapError((inner) => text + inner, cause);
  }
}
