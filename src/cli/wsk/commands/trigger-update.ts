/** `wsk trigger update` (wsk-cli 7). */
import type { Trigger } from "../../../client/entities.ts";
import { ClientFailure } from "../../../client/failures.ts";
import type { JsonMap } from "../../../client/json.ts";
import { type Context, checkArgs, printOk } from "../context.ts";
import { feedOf, feedParameters, tellFeed } from "../feed.ts";
import {
  givenAnnotations,
  givenFeedParameters,
  givenParameters,
  givenTriggerParameters,
  members,
} from "../given.ts";
import { parseQualifiedName, type QualifiedName } from "../qualified-name.ts";
import { EXIT, WskError, wrapError } from "../wsk-error.ts";
import { createTrigger, hasFeedParameters, isSplit, putTrigger } from "./trigger-write.ts";

/** A trigger that is missing is created. */
export async function updateTrigger(context: Context): Promise<void> {
  checkArgs(context.args, 1, 1, "A trigger name is required.");
  const name = parseQualifiedName(context.args[0] ?? "");
  const parameters = givenParameters(context);
  const annotations = givenAnnotations(context);
  const stored = await findTrigger(context, name);
  if (stored === undefined) return createTrigger(context);
  const feed = feedOf(stored);
  const record = { name: name.entityName, annotations: members(annotations) };
  if (isSplit(context)) {
    const own = members(givenTriggerParameters(context));
    await putTrigger(context, name, { ...record, parameters: own }, true);
    if (hasFeedParameters(context)) {
      if (feed === "") throw withoutFeed(name);
      await updateFeed(context, name, feed, givenFeedParameters(context));
    }
  } else if (feed !== "") await updateFeed(context, name, feed, parameters);
  else await putTrigger(context, name, { ...record, parameters: members(parameters) }, true);
  printOk(context, `updated trigger ${context.paint.bold(name.entityName)}`);
}

const NOT_FOUND = 404;

async function findTrigger(context: Context, name: QualifiedName): Promise<Trigger | undefined> {
  const { namespace, entityName } = name;
  try {
    return await context.client().trigger(namespace, entityName);
  } catch (cause) {
    if (cause instanceof ClientFailure && cause.status === NOT_FOUND) return undefined;
    throw wrapError((inner) => `Unable to get trigger '${entityName}': ${inner}`, cause);
  }
}

async function updateFeed(
  context: Context,
  name: QualifiedName,
  feed: string,
  given: JsonMap,
): Promise<void> {
  try {
    await tellFeed(context, feed, feedParameters(context, name, "UPDATE", given));
  } catch (cause) {
    // "create" also when it is an update: scripts match on it.
    throw wrapError((inner) => `Unable to create trigger '${name.entityName}': ${inner}`, cause);
  }
}

function withoutFeed({ entityName }: QualifiedName): WskError {
  const text = `Unable to configure feed '${entityName}': this trigger does not contain a feed`;
  return new WskError(text, EXIT.general);
}
