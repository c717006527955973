/** Finds upstreams by id or document; one object per configured upstream, as long as it stands. */
import { isDeepStrictEqual } from "node:util";
import type { JsonObject } from "../../core/documents.ts";
import type { ConfigMirror, FolderChange } from "../config-mirror.ts";
import type { NodeHealth } from "./health-checker.ts";
import { Upstream, type UpstreamServices } from "./upstream.ts";

type Held = { readonly raw: JsonObject; readonly upstream: Upstream };

export type UpstreamHealth = {
  /** "/apisix/routes/1" */
  readonly name: string;
  readonly type: string;
  readonly nodes: readonly NodeHealth[];
};

export class Upstreams {
  private readonly mirror: ConfigMirror;
  private readonly services: UpstreamServices;
  private readonly byOwner = new Map<string, Held>();
  private readonly byValue = new WeakMap<JsonObject, Upstream>();

  constructor(mirror: ConfigMirror, services: UpstreamServices) {
    this.mirror = mirror;
    this.services = services;
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
    const made = new Upstream(value, this.services);
    this.byValue.set(value, made);
    return made;
  }

  /** As the control API shows it: every upstream whose checks have begun. */
  health(): UpstreamHealth[] {
    return [...this.byOwner].flatMap(([owner, { upstream }]) => {
      const { health } = upstream;
      return health === undefined ? [] : [{ name: `/apisix${owner}`, ...health }];
    });
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
    const upstream = new Upstream(raw, this.services, held?.upstream);
    held?.upstream.close(upstream);
    this.byOwner.set(owner, { raw, upstream });
    return upstream;
  }

  private drop(owner: string): void {
    this.byOwner.get(owner)?.upstream.close();
    this.byOwner.delete(owner);
  }
}
