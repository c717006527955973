/**
 * Feeds of triggers: an action that is told of each event in the life of its trigger (wsk-cli 7,
 * openwhisk-web-and-composition 6).
 */

import type { Trigger } from "../../client/entities.ts";
import { ClientFailure } from "../../client/failures.ts";
import type { JsonMap } from "../../client/json.ts";
import { findValue } from "../../client/records.ts";
import type { Context } from "./context.ts";
import { failedInvocationText, invocationText } from "./invocation.ts";
import { parseQualifiedName, type QualifiedName } from "./qualified-name.ts";
import { wrapError } from "./wsk-error.ts";

export type FeedEvent = "CREATE" | "READ" | "UPDATE" | "DELETE";

/** Full name of the trigger's feed; "" when it has none. */
export function feedOf({ annotations }: Trigger): string {
  const feed = findValue(annotations, "feed");
  return typeof feed === "string" ? feed : "";
}

/** The user's parameters, and those by which the feed knows what happens to which trigger. */
export function feedParameters(
  { properties }: Context,
  trigger: QualifiedName,
  event: FeedEvent,
  given: JsonMap,
): JsonMap {
  return new Map([
    ...given,
    ["lifecycleEvent", event],
    ["triggerName", `/${trigger.namespace}/${trigger.entityName}`],
    ["authKey", properties.auth],
  ]);
}

/** Tells a trigger's feed of the event and prints its activation, a failed one as an error. */
export async function tellFeed(
  context: Context,
  feedName: string,
  parameters: JsonMap,
): Promise<void> {
  const complaint = (inner: string): string => `Unable to configure feed '${feedName}': ${inner}`;
  const feed = parseQualifiedName(feedName);
  try {
    const body = await callFeed(context, feed, parameters);
    const style = { hasHeader: false, hasBody: true };
    context.io.out(invocationText(context, feed, body, style));
  } catch (cause) {
    if (cause instanceof ClientFailure && printFailure(context, feed, cause)) {
      throw wrapError(complaint, cause, true);
    }
    const failed = `Unable to invoke action '${feed.entityName}': `;
    throw wrapError((inner) => complaint(failed + inner), cause, true);
  }
}

export function callFeed(context: Context, feed: QualifiedName, parameters: JsonMap) {
  const options = { blocking: true, result: false };
  return context.client().invoke(feed.namespace, feed.entityName, parameters, options);
}

/** Prints the activation of a feed that failed or has not finished; false for other failures. */
export function printFailure(
  context: Context,
  feed: QualifiedName,
  failure: ClientFailure,
): boolean {
  const text = failedInvocationText(context, feed, failure, false);
  if (text !== undefined) context.io.err(text);
  return text !== undefined;
}
