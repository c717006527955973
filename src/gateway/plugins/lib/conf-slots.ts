/**
 * What a plugin keeps for a request, apart for each of its configurations: the same plugin may run
 * for a global rule and for the route.
 */
import { createSlot, type RequestContext, type Slot } from "../../request-context.ts";

export class ConfSlots<Conf extends object, Value> {
  private readonly name: string;
  private readonly slots = new WeakMap<Conf, Slot<Value>>();

  constructor(name: string) {
    this.name = name;
  }

  get(conf: Conf, ctx: RequestContext): Value | undefined {
    return ctx.get(this.of(conf));
  }

  set(conf: Conf, ctx: RequestContext, value: Value): void {
    ctx.set(this.of(conf), value);
  }

  private of(conf: Conf): Slot<Value> {
    let slot = this.slots.get(conf);
    if (slot === undefined) {
      slot = createSlot(this.name);
      this.slots.set(conf, slot);
    }
    return slot;
  }
}
