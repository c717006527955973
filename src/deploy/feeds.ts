/** Calls of feed actions over the life of a trigger (openwhisk-api 7). */
import type { JsonMap, Value } from "../client/json.ts";
import type { KeyValue } from "../client/records.ts";
import type { Entities } from "./entities.ts";

export type FeedCall = {
  readonly event: "CREATE" | "READ" | "DELETE";
  /** as the trigger's annotation has it */
  readonly feed: string;
  readonly trigger: string;
  /** key of the caller, which the provider fires the trigger with */
  readonly auth: string;
  readonly parameters?: readonly KeyValue[];
};

/** Result of the feed action. Rejects with a ClientFailure when it fails. */
export async function callFeed(entities: Entities, call: FeedCall): Promise<Value> {
  const { namespace, name } = feedAction(call.feed, entities.namespace);
  const parameters: JsonMap = new Map<string, Value>([
    ...(call.parameters ?? []).map(({ key, value }) => [key, value] as const),
    ["authKey", call.auth],
    ["lifecycleEvent", call.event],
    ["triggerName", `/${entities.namespace}/${call.trigger}`],
  ]);
  return entities.invoke(namespace, name, parameters);
}

/** `/ns/pkg/feed`, or a name in the namespace of the trigger. */
function feedAction(feed: string, own: string): { namespace: string; name: string } {
  if (!feed.startsWith("/")) return { namespace: own, name: feed };
  const [namespace = "", ...name] = feed.slice(1).split("/");
  return { namespace, name: name.join("/") };
}
