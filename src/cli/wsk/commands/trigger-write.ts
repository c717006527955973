/** `wsk trigger create` (wsk-cli 7). */
import { ClientFailure } from "../../../client/failures.ts";
import { EMPTY_MAP, type JsonMap } from "../../../client/json.ts";
import { type Context, checkArgs, printOk } from "../context.ts";
import { callFeed, feedParameters, printFailure } from "../feed.ts";
import {
  givenAnnotations,
  givenFeedParameters,
  givenParameters,
  givenTriggerParameters,
  members,
} from "../given.ts";
import { invocationText } from "../invocation.ts";
import { parseQualifiedName, type QualifiedName } from "../qualified-name.ts";
import { EXIT, WskError, wrapError } from "../wsk-error.ts";
import { removeTrigger } from "./trigger-delete.ts";

/** With a feed, a failing one takes the trigger away again. */
export async function createTrigger(context: Context): Promise<void> {
  checkArgs(context.args, 1, 1, "A trigger name is required.");
  const trigger = parseQualifiedName(context.args[0] ?? "");
  const feedName = context.flags.text("feed");
  const feed = feedName === "" ? undefined : parseQualifiedName(feedName);
  const { own, forFeed } = splitParameters(context, feed !== undefined);
  const annotations = new Map(givenAnnotations(context));
  if (feed !== undefined) annotations.set("feed", `/${feed.namespace}/${feed.entityName}`);
  const record = {
    name: trigger.entityName,
    annotations: members(annotations),
    parameters: members(own),
  };
  await putTrigger(context, trigger, record, false);
  if (feed !== undefined) await startFeed(context, trigger, feed, forFeed);
  printOk(context, `created trigger ${context.paint.bold(trigger.entityName)}`);
}

type Split = {
  /** what the trigger itself keeps */
  readonly own: JsonMap;
  readonly forFeed: JsonMap;
};

/** `-p` goes to the feed when there is one, else to the trigger; `-F` and `-T` say which. */
function splitParameters(context: Context, hasFeed: boolean): Split {
  if (!isSplit(context)) {
    const given = givenParameters(context);
    return hasFeed ? { own: EMPTY_MAP, forFeed: given } : { own: given, forFeed: EMPTY_MAP };
  }
  if (!hasFeed && hasFeedParameters(context)) {
    const text = "Incorrect usage. Trigger without a feed cannot have feed parameters";
    throw new WskError(text, EXIT.notAllowed);
  }
  return { own: givenTriggerParameters(context), forFeed: givenFeedParameters(context) };
}

export function hasFeedParameters({ cut, flags }: Context): boolean {
  return cut.feedParams.length > 0 || flags.list("feed-param").length > 0;
}

/** Whether -F and -T are used and not -p; throws when both are. */
export function isSplit(context: Context): boolean {
  const { cut, flags } = context;
  const hasTriggerParameters =
    cut.triggerParams.length > 0 || flags.list("trigger-param").length > 0;
  const isWanted = hasFeedParameters(context) || hasTriggerParameters;
  if (!isWanted || (cut.params.length === 0 && flags.list("param").length === 0)) return isWanted;
  const text =
    "Incorrect usage. Cannot combine --feed-param or --trigger-param flag with neither --param nor --param-file flag";
  throw new WskError(text, EXIT.notAllowed);
}

export async function putTrigger(
  context: Context,
  { namespace, entityName }: QualifiedName,
  record: Parameters<ReturnType<Context["client"]>["put"]>[3],
  overwrite: boolean,
): Promise<void> {
  try {
    await context.client().put("triggers", namespace, entityName, record, overwrite);
  } catch (cause) {
    const complaint = `Unable to ${overwrite ? "update" : "create"} trigger '${entityName}': `;
    throw wrapError((inner) => complaint + inner, cause);
  }
}

async function startFeed(
  context: Context,
  trigger: QualifiedName,
  feed: QualifiedName,
  given: JsonMap,
): Promise<void> {
  try {
    const parameters = feedParameters(context, trigger, "CREATE", given);
    const body = await callFeed(context, feed, parameters);
    const style = { hasHeader: true, hasBody: true };
    context.io.out(invocationText(context, feed, body, style));
  } catch (cause) {
    if (!(cause instanceof ClientFailure)) throw cause;
    printFailure(context, feed, cause);
    await takeBack(context, trigger);
    const complaint =
      `Unable to create trigger '${trigger.entityName}': ` +
      `Unable to configure feed '/${feed.namespace}/${feed.entityName}': `;
    throw wrapError((inner) => complaint + inner, cause);
  }
}

/** Deletes what was created; that this fails too is not said, as in the original. */
async function takeBack(context: Context, trigger: QualifiedName): Promise<void> {
  try {
    await removeTrigger(context, trigger);
  } catch (cause) {
    if (!(cause instanceof WskError)) throw cause;
  }
}
