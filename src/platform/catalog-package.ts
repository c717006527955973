/** What an installation of catalog packages is given. */
import type { Json, JsonObject } from "../core/documents.ts";
import type { KindTable } from "../core/kinds.ts";
import type { SystemLimits } from "../core/limits.ts";
import type { ConfigStore } from "../gateway/config-store.ts";
import type { AttachmentStore, EntityStore } from "../store/store.ts";

/** A package as its manifest has it: the bodies with which it would be PUT. */
export type PlannedPackage = {
  readonly name: string;
  readonly body: Json;
  readonly actions: readonly { readonly name: string; readonly body: Json }[];
};

/** A package to install. */
export type CatalogPackage = PlannedPackage & {
  /** Parameters of the package that only this platform knows; over those of the manifest. */
  readonly parameters?: JsonObject;
};

export type CatalogDeps = {
  readonly config: ConfigStore;
  readonly entities: Pick<EntityStore, "get" | "write">;
  readonly attachments: AttachmentStore;
  readonly kinds: KindTable;
  readonly limits: SystemLimits;
  /** ms epoch */
  readonly now: () => number;
  readonly log: (level: "info" | "warn", message: string, fields?: object) => void;
};

export const CATALOG_NAMESPACE = "whisk.system";
