/** What an installation of catalog packages is given. */
import type { JsonObject } from "../core/documents.ts";
import type { KindTable } from "../core/kinds.ts";
import type { SystemLimits } from "../core/limits.ts";
import type { ConfigStore } from "../gateway/config-store.ts";
import type { AttachmentStore, EntityStore } from "../store/store.ts";

/** A package to install. */
export type CatalogPackage = {
  /** with a `manifest.yaml` for `wsk project deploy` */
  readonly folder: string;
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
