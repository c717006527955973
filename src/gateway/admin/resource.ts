/** What the kinds of resources have in common, and the pieces that their checks are made of. */
import type { Json, JsonObject } from "../../core/documents.ts";
import type { ConfigStore } from "../config-store.ts";
import type { SchemaKind } from "../plugin.ts";
import type { PluginCatalog } from "../schema/plugin-catalog.ts";
import type { Keyring } from "./sealing.ts";

export type Method = "get" | "put" | "post" | "patch" | "delete";

/** What is to be checked. Nothing of it is changed. */
export type Candidate = {
  readonly conf: JsonObject;
  /** From the address or the body. */
  readonly id: string | number | undefined;
  /** Of a secret: "vault". */
  readonly manager?: string;
  /** Of a credential: the consumer's name. */
  readonly owner?: string | undefined;
  /** A document as a whole: what it refers to may come with it, what it collides with may go. */
  readonly skipReferences?: boolean;
};

export type Resource = {
  /** Folder of the store, and name in addresses: "routes". */
  readonly name: string;
  /** As texts call one: "route". */
  readonly kind: string;
  readonly unsupported: readonly Method[];
  /** Members that lists can be filtered by. */
  readonly filters: readonly string[];
  /** False where the key is a name of another sort: consumers, plugin metadata. */
  readonly hasId: boolean;
  /** Checked by `/schema/validate`. */
  readonly schema: JsonObject | undefined;
  /** The text for what is wrong, if anything is. */
  check(candidate: Candidate): Promise<string | undefined>;
  /** Why it cannot be deleted, if it cannot. */
  inUse?(id: string): Promise<string | undefined>;
};

/** What checks need to know of the rest of the gateway. */
export type CheckServices = {
  readonly store: ConfigStore;
  readonly catalog: PluginCatalog;
  readonly keyring: Keyring;
  /** The compiler's text for what is wrong with an expression of `vars`. */
  readonly expressionProblem: (rules: Json) => string | undefined;
  /** What is wrong with the source of a `filter_func`. */
  readonly functionProblem: (source: string) => string | undefined;
  /** What is wrong with the source of a `_meta.pre_function`. */
  readonly preFunctionProblem: (source: string) => string | undefined;
};

/** First text of several checks, each of which may wait. */
export async function firstProblem(
  ...checks: readonly (() => string | undefined | Promise<string | undefined>)[]
): Promise<string | undefined> {
  for (const check of checks) {
    const problem = await check();
    if (problem !== undefined) return problem;
  }
  return undefined;
}

export type SchemaKindOf = Exclude<SchemaKind, "metadata">;
