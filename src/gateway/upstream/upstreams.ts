/** Finds upstreams by id or document; one object per configured upstream, as long as it stands. */
import { isDeepStrictEqual } from "node:util";
import type { JsonObject } from "../../core/documents.ts";
import type { ConfigMirror, FolderChange } from "../config-mirror.ts";
import { Upstream } from "./upstream.ts";

type Held = { readonly raw: JsonObject; readonly upstream: Upstream };

export class Upstreams {
  private readonly mirror: ConfigMirror;
  private readonly byOwner = new Map<string, Held>();
  private readonly byValue = new WeakMap<JsonObject, Upstream>();

  constructor(mirror: ConfigMirror) {
    this.mirror = mirror;
  }

  byId(id: string): Upstream | undefined {
    const entry = this.mirror.get("upstreams", id);
    return entry === undefined ? undefined : this.hold(entry.key, entry.value);
  }

  /** Of the document within a resource, or of a plugin's configuration (no owner). */
  of(value: JsonObject, owner: string | undefined): Upstream {
    if (owner !== undefined) return this.hold(owner, value);
    const known = this.byValue.get(value);
    if (known !== undefined) return known;
    const made = new Upstream(value);
    this.byValue.set(value, made);
    return made;
  }

  apply(changes: readonly FolderChange[]): void {
    for (const { folder, id, entry } of changes) {
      if (entry === undefined) this.drop(`/${folder}/${id}`);
    }
  }

  stop(): void {
    for (const owner of [...this.byOwner.keys()]) this.drop(owner);
  }

  private hold(owner: string, raw: JsonObject): Upstream {
    const held = this.byOwner.get(owner);
    if (held !== undefined && held.raw === raw) return held.upstream;
    if (held !== undefined && isDeepStrictEqual(held.raw, raw)) {
      this.byOwner.set(owner, { raw, upstream: held.upstream });
      return held.upstream;
    }
    held?.upstream.close();
    const upstream = new Upstream(raw);
    this.byOwner.set(owner, { raw, upstream });
    return upstream;
  }

  private drop(owner: string): void {
    this.byOwner.get(owner)?.upstream.close();
    this.byOwner.delete(owner);
  }
}
