/**
 * What an installation of the catalog writes. Entities that an operator has changed, taken away or
 * put there himself stay as they are. Pure.
 */
import { type EntityDocument, isSequence, type PackageDocument } from "../core/documents.ts";
import { bindingOf } from "../core/package.ts";
import type { EntityChange, Stored } from "../store/store.ts";

/** `updated` of each entity as the last installation left it, by id. */
export type InstallRecord = { readonly updated: Readonly<Record<string, number>> };

/** An entity as it is to be, a package before its actions. */
export type Shipped = { readonly id: string; readonly document: EntityDocument };

export type CatalogChanges = {
  readonly changes: readonly EntityChange[];
  /** for the next installation */
  readonly updated: Readonly<Record<string, number>>;
  /** Left alone, as somebody else has changed them. */
  readonly kept: readonly string[];
};

/** `stored` is what stands under the id of each of `shipped`, in that order. */
export function catalogChanges(
  shipped: readonly Shipped[],
  stored: readonly (Stored<EntityDocument> | undefined)[],
  known: InstallRecord["updated"],
): CatalogChanges {
  const changes: EntityChange[] = [];
  const updated: Record<string, number> = { ...known };
  const kept: string[] = [];
  const homes = new Set<string>();
  for (const [at, { id, document }] of shipped.entries()) {
    const found = stored[at];
    if (document.entityType === "action" && !homes.has(document.namespace)) continue;
    const decision = decide(document, found?.document, known[id]);
    if (isHome(decision === "write" ? document : found?.document)) homes.add(id);
    if (decision === "write") {
      changes.push({ id, document, revision: found?.revision });
      updated[id] = document.updated;
    } else if (decision === "adopt" && found !== undefined) {
      updated[id] = found.document.updated;
    } else {
      kept.push(id);
    }
  }
  return { changes, updated, kept };
}

type Decision = "write" | "adopt" | "keep";

function decide(
  document: EntityDocument,
  found: EntityDocument | undefined,
  installed: number | undefined,
): Decision {
  if (found === undefined) return installed === undefined ? "write" : "keep";
  if (installed !== undefined) return installed === found.updated ? "write" : "keep";
  // An installation that was cut off has left no record of what it wrote.
  return contentOf(found) === contentOf(document) ? "adopt" : "keep";
}

/** What is the same after every installation; stored parameters may be locked. */
function contentOf(document: EntityDocument): string {
  const code =
    document.entityType === "action" && !isSequence(document.exec) ? document.exec.code.digest : "";
  const { entityType, version, annotations } = document as PackageDocument;
  return JSON.stringify([entityType, version, code, annotations]);
}

/** Whether actions may be put into it. */
function isHome(document: EntityDocument | undefined): boolean {
  return document?.entityType === "package" && bindingOf(document) === undefined;
}
