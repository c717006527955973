/** Names of plugin configurations that outlive their objects: counters are kept under them. */
import { createHash } from "node:crypto";
import type { Json } from "../core/documents.ts";

const DIGEST_LENGTH = 16;

export class ConfIdentities {
  private readonly resources = new WeakMap<object, string>();
  private readonly known = new WeakMap<object, string>();

  /** The configuration is that of a resource ("/routes/1"). */
  add(conf: object, resource: string | undefined): void {
    if (resource !== undefined) this.resources.set(conf, resource);
  }

  /** "/routes/1:<digest>"; without resource where a plugin has made the configuration. */
  of(conf: object): string {
    const known = this.known.get(conf);
    if (known !== undefined) return known;
    const text = JSON.stringify(sorted(conf as Json));
    const digest = createHash("sha256").update(text).digest("hex").slice(0, DIGEST_LENGTH);
    const identity = `${this.resources.get(conf) ?? ""}:${digest}`;
    this.known.set(conf, identity);
    return identity;
  }
}

/** Members in the order of their names, so that this order is of no account. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]));
}
