/** The objects that parameter and annotation options of a command line make up (wsk-cli 1.4). */
import type { JsonMap } from "../../client/json.ts";
import type { KeyValue } from "../../client/records.ts";
import type { Context } from "./context.ts";
import { mergeObjects, toKeyValues } from "./parameters.ts";

type Given = Pick<Context, "cut" | "flags">;

/** `-p`, `-P`. Throws the usage error of a text that is no object; so do the others. */
export function givenParameters({ cut, flags }: Given): JsonMap {
  return mergeObjects([...cut.params, ...flags.list("param")], "parameter");
}

/** `-a`, `-A` */
export function givenAnnotations({ cut, flags }: Given): JsonMap {
  return mergeObjects([...cut.annotations, ...flags.list("annotation")], "annotation");
}

/** `-F` */
export function givenFeedParameters({ cut, flags }: Given): JsonMap {
  return mergeObjects([...cut.feedParams, ...flags.list("feed-param")], "parameter");
}

/** `-T` */
export function givenTriggerParameters({ cut, flags }: Given): JsonMap {
  return mergeObjects([...cut.triggerParams, ...flags.list("trigger-param")], "parameter");
}

/** The members as an entity carries them; undefined when there are none. */
export function members(object: JsonMap): readonly KeyValue[] | undefined {
  return object.size === 0 ? undefined : toKeyValues(object);
}
