/** `wsk trigger list`, `wsk rule list`, `wsk package list` (wsk-cli 5). */
import type { Listed } from "../../../client/records.ts";
import { type Context, checkArgs } from "../context.ts";
import { packageRow, printList, type Row, ruleRow, sortByName, triggerRow } from "../list.ts";
import { DEFAULT_NAMESPACE, parseNamespace } from "../qualified-name.ts";
import { withStatus } from "../rule-status.ts";
import { complaining } from "../wsk-error.ts";

export async function listTriggers(context: Context): Promise<void> {
  const { listed } = await fetchPage(context, "triggers");
  print(context, "triggers", listed.map(triggerRow));
}

export async function listPackages(context: Context): Promise<void> {
  const { listed } = await fetchPage(context, "packages");
  print(context, "packages", listed.map(packageRow));
}

export async function listRules(context: Context): Promise<void> {
  const { namespace, listed } = await fetchPage(context, "rules");
  print(context, "rules", (await withStatus(context, namespace, listed)).map(ruleRow));
}

type Fetched = { readonly namespace: string; readonly listed: readonly Listed[] };

async function fetchPage(
  context: Context,
  collection: "triggers" | "rules" | "packages",
): Promise<Fetched> {
  const { args, flags } = context;
  checkArgs(args, 0, 1, "An optional namespace is the only valid argument.");
  const namespace = args[0] === undefined ? DEFAULT_NAMESPACE : parseNamespace(args[0]);
  const page = { limit: flags.integer("limit"), skip: flags.integer("skip") };
  const shown = namespace === DEFAULT_NAMESPACE ? "default" : namespace;
  const complaint = `Unable to obtain the list of ${collection} for namespace '${shown}': `;
  const listed = await complaining(complaint, () =>
    context.client().entities(namespace, collection, page),
  );
  return { namespace, listed };
}

function print(context: Context, header: string, rows: readonly Row[]): void {
  printList(context, header, context.flags.switchedOn("name-sort") ? sortByName(rows) : rows);
}
