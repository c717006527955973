/** `wsk trigger get` and `wsk trigger fire` (wsk-cli 7). */
import { toTrigger } from "../../../client/entities.ts";
import { type Context, checkArgs, printOk } from "../context.ts";
import { checkField, printEntity } from "../entity-output.ts";
import { feedOf, feedParameters } from "../feed.ts";
import { givenParameters } from "../given.ts";
import { parseQualifiedName } from "../qualified-name.ts";
import { triggerSummary } from "../summary.ts";
import { triggerFields, triggerView } from "../views.ts";
import { complaining } from "../wsk-error.ts";
import { tellFeedQuietly } from "./trigger-delete.ts";

const NAME_REQUIRED = "A trigger name is required.";

/** Of a trigger with a feed, what the feed says of it is all that is shown. */
export async function getTrigger(context: Context): Promise<void> {
  const { args, io, paint } = context;
  checkArgs(args, 1, 2, NAME_REQUIRED);
  const [given = "", field] = args;
  checkField(triggerFields(toTrigger(undefined)), field);
  const name = parseQualifiedName(given);
  const { namespace, entityName } = name;
  const trigger = await complaining(`Unable to get trigger '${entityName}': `, () =>
    context.client().trigger(namespace, entityName),
  );
  const feed = feedOf(trigger);
  if (feed !== "") {
    const parameters = feedParameters(context, name, "READ", givenParameters(context));
    await tellFeedQuietly(context, feed, parameters);
  } else if (context.flags.switchedOn("summary")) io.out(triggerSummary(trigger, paint));
  else {
    const view = { view: triggerView(trigger), fields: triggerFields(trigger) };
    printEntity(context, `trigger ${paint.bold(entityName)}`, field, view);
  }
}

/** When no active rule hears the trigger there is no activation, and no id is shown. */
export async function fireTrigger(context: Context): Promise<void> {
  const { args, paint } = context;
  checkArgs(args, 1, 1, NAME_REQUIRED);
  const { namespace, entityName } = parseQualifiedName(args[0] ?? "");
  const parameters = givenParameters(context);
  const id = await complaining(`Unable to fire trigger '${entityName}': `, () =>
    context.client().fire(namespace, entityName, parameters),
  );
  const path = `/${paint.bold(namespace)}/${paint.bold(entityName)}`;
  printOk(context, `triggered ${path} with id ${paint.bold(id)}`);
}
