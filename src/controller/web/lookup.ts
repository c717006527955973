/** Who calls a web action, which one, and whose it is (…composition.md 1.2, 1.12). */
import type { Identity } from "../../core/documents.ts";
import { asPlatformError, PlatformError } from "../../core/errors.ts";
import type { Invocable } from "../../core/executable-action.ts";
import type { EntityCache } from "../../store/entity-cache.ts";
import type { Authenticator } from "../auth.ts";
import type { NamespaceIdentities } from "../namespace-identities.ts";
import { findAction, readEntities } from "../service/find-action.ts";
import { webAnnotations } from "./annotations.ts";
import type { WebTarget } from "./url.ts";

export class WebLookup {
  private readonly auth: Pick<Authenticator, "peek" | "identify">;
  private readonly owners: Pick<NamespaceIdentities, "find">;
  private readonly entities: EntityCache;

  constructor(
    auth: Pick<Authenticator, "peek" | "identify">,
    owners: Pick<NamespaceIdentities, "find">,
    entities: EntityCache,
  ) {
    this.auth = auth;
    this.owners = owners;
    this.entities = entities;
  }

  /** Whoever has valid credentials; bad ones count as none. */
  async caller(header: string | undefined): Promise<Identity | undefined> {
    if (header === undefined) return undefined;
    const known = this.auth.peek(header);
    if (known !== undefined) return known;
    return this.auth.identify(header).catch((cause: unknown) => {
      if (asPlatformError(cause).status === 401) return undefined;
      throw cause;
    });
  }

  /** Throws NOT_FOUND for whatever is no web action, FORBIDDEN behind a package gone private. */
  async exported(
    target: WebTarget,
  ): Promise<{ readonly owner: Identity; readonly action: Invocable }> {
    const { namespace, packageName, action: name } = target;
    const owner = await this.owners.find(namespace);
    if (owner === undefined) throw new PlatformError("NOT_FOUND");
    const path = packageName === undefined ? namespace : `${namespace}/${packageName}`;
    try {
      const ref = { path, name };
      const action = await readEntities(this.entities, findAction(this.entities, owner, ref));
      if (webAnnotations(action.annotations).isExported) return { owner, action };
    } catch (cause) {
      const { code } = asPlatformError(cause);
      if (code !== "WRONG_COLLECTION" && code !== "CORRUPTED") throw cause;
    }
    throw new PlatformError("NOT_FOUND");
  }
}
