/** Consumers by the members of their configurations; changes one at a time. */
import type { Consumer } from "./consumer.ts";

type Holder = { readonly id: string; readonly consumer: Consumer };
/** Of one plugin: all its consumers, and those that were searched for by a member. */
type Users = {
  readonly all: Map<string, Consumer>;
  readonly byMember: Map<string, Map<string, Holder[]>>;
};

export class ConsumerIndex {
  private readonly plugins = new Map<string, Users>();

  /** Of several with the value the one that was set last. */
  find(plugin: string, member: string, value: string): Consumer | undefined {
    const users = this.plugins.get(plugin);
    if (users === undefined) return undefined;
    let index = users.byMember.get(member);
    if (index === undefined) {
      index = new Map();
      users.byMember.set(member, index);
      for (const [id, consumer] of users.all) hold(index, member, { id, consumer });
    }
    return index.get(value)?.at(-1)?.consumer;
  }

  hasAny(plugin: string): boolean {
    return (this.plugins.get(plugin)?.all.size ?? 0) > 0;
  }

  /** `id`: of the consumer or credential that has the configuration. */
  set(plugin: string, id: string, consumer: Consumer): void {
    this.remove(plugin, id);
    const users = this.plugins.get(plugin) ?? { all: new Map(), byMember: new Map() };
    this.plugins.set(plugin, users);
    users.all.set(id, consumer);
    for (const [member, index] of users.byMember) hold(index, member, { id, consumer });
  }

  remove(plugin: string, id: string): void {
    const users = this.plugins.get(plugin);
    const consumer = users?.all.get(id);
    if (users === undefined || consumer === undefined) return;
    users.all.delete(id);
    for (const [member, index] of users.byMember) release(index, member, { id, consumer });
  }
}

function hold(index: Map<string, Holder[]>, member: string, holder: Holder): void {
  const value = holder.consumer.authConf[member];
  if (typeof value !== "string") return;
  const holders = index.get(value);
  if (holders === undefined) index.set(value, [holder]);
  else holders.push(holder);
}

function release(index: Map<string, Holder[]>, member: string, { id, consumer }: Holder): void {
  const value = consumer.authConf[member];
  if (typeof value !== "string") return;
  const others = index.get(value)?.filter((holder) => holder.id !== id) ?? [];
  if (others.length === 0) index.delete(value);
  else index.set(value, others);
}
