/** `wsk trigger delete` (wsk-cli 7). */
import { type Context, checkArgs, printOk } from "../context.ts";
import { feedOf, feedParameters, tellFeed } from "../feed.ts";
import { givenParameters } from "../given.ts";
import { parseQualifiedName, type QualifiedName } from "../qualified-name.ts";
import { complaining, WskError } from "../wsk-error.ts";

export async function deleteTrigger(context: Context): Promise<void> {
  checkArgs(context.args, 1, 1, "A trigger name is required.");
  await removeTrigger(context, parseQualifiedName(context.args[0] ?? ""));
}

/** Tells the trigger's feed, which may fail, then deletes the trigger and says so. */
export async function removeTrigger(context: Context, name: QualifiedName): Promise<void> {
  const { namespace, entityName } = name;
  const feed = await complaining(`Unable to get trigger '${entityName}': `, async () =>
    feedOf(await context.client().trigger(namespace, entityName)),
  );
  if (feed !== "") {
    const parameters = feedParameters(context, name, "DELETE", givenParameters(context));
    await tellFeedQuietly(context, feed, parameters);
  }
  await complaining(`Unable to delete trigger '${entityName}': `, () =>
    context.client().delete("triggers", namespace, entityName),
  );
  printOk(context, `deleted trigger ${context.paint.bold(entityName)}`);
}

/** Prints the feed's activation, but a feed that cannot be asked is no error. */
export async function tellFeedQuietly(...args: Parameters<typeof tellFeed>): Promise<void> {
  try {
    await tellFeed(...args);
  } catch (cause) {
    if (!(cause instanceof WskError)) throw cause;
  }
}
