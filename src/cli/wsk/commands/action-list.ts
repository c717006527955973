/** `wsk action list` and `wsk action delete` (wsk-cli 4.4, 4.5). */
import { type Context, checkArgs, printOk } from "../context.ts";
import { actionRow, printList, sortActions } from "../list.ts";
import { DEFAULT_NAMESPACE, parseQualifiedName } from "../qualified-name.ts";
import { wrapError } from "../wsk-error.ts";

export async function listActions(context: Context): Promise<void> {
  const { args, flags } = context;
  checkArgs(args, 0, 1, "An optional namespace is the only valid argument.");
  const name = args[0] === undefined ? undefined : parseQualifiedName(args[0]);
  const { namespace = DEFAULT_NAMESPACE, entityName = "" } = name ?? {};
  const page = { limit: flags.integer("limit"), skip: flags.integer("skip") };
  try {
    const actions = await context.client().actions(namespace, entityName, page);
    const rows = actions.map(actionRow);
    printList(context, "actions", flags.switchedOn("name-sort") ? sortActions(rows) : rows);
  } catch (cause) {
    const shown = namespace === DEFAULT_NAMESPACE ? "default" : namespace;
    const complaint = `Unable to obtain the list of actions for namespace '${shown}': `;
    throw wrapError((inner) => complaint + inner, cause, true);
  }
}

export async function deleteAction(context: Context): Promise<void> {
  checkArgs(context.args, 1, 1, "An action name is required.");
  const { namespace, entityName } = parseQualifiedName(context.args[0] ?? "");
  try {
    await context.client().delete("actions", namespace, entityName);
  } catch (cause) {
    throw wrapError((inner) => `Unable to delete action '${entityName}': ${inner}`, cause, true);
  }
  printOk(context, `deleted action ${context.paint.bold(entityName)}`);
}
