/** Storage of a plugin for a request, apart for each configuration: global rules have theirs. */
import { createSlot, type RequestContext } from "../../request-context.ts";

export type ConfSlot<T> = {
  get(ctx: RequestContext, conf: object): T | undefined;
  set(ctx: RequestContext, conf: object, value: T): void;
  /** Takes the value out. */
  take(ctx: RequestContext, conf: object): T | undefined;
};

export function createConfSlot<T>(name: string): ConfSlot<T> {
  const slot = createSlot<Map<object, T>>(name);
  const get = (ctx: RequestContext, conf: object): T | undefined => ctx.get(slot)?.get(conf);
  return {
    get,
    set: (ctx, conf, value) => {
      const values = ctx.get(slot);
      if (values === undefined) ctx.set(slot, new Map([[conf, value]]));
      else values.set(conf, value);
    },
    take: (ctx, conf) => {
      const value = get(ctx, conf);
      ctx.get(slot)?.delete(conf);
      return value;
    },
  };
}
