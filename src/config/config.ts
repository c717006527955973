/** The settings as the program uses them: nested, camelCase, complete, deeply frozen. */
import type { NamespaceLimits } from "../core/documents.ts";
import type { Tree } from "../lib/tree-type.ts";
import type { SETTINGS } from "./schema.ts";
import type { Prewarm } from "./setting.ts";

/** A subject that exists from the start, with the limits of its namespaces. */
export type User = {
  readonly subject: string;
  readonly namespaces: readonly {
    readonly name: string;
    readonly uuid: string;
    /** 64 characters; secret */
    readonly key: string;
  }[];
  readonly limits?: NamespaceLimits;
};

type Row = (typeof SETTINGS)[number];

type ValueOf<R> = R extends { readonly type: "int"; readonly words: readonly (infer Word)[] }
  ? number | Word
  : R extends { readonly type: "int" }
    ? number
    : R extends { readonly values: readonly (infer Value)[] }
      ? Value
      : R extends { readonly type: "list" | "keys" }
        ? readonly string[]
        : R extends { readonly type: "prewarm" }
          ? readonly Prewarm[]
          : R extends { readonly type: "users" }
            ? readonly User[]
            : string;

type LeafOf<R> = R extends { readonly key: infer Key extends string }
  ? { readonly path: Key; readonly value: ValueOf<R> }
  : never;

export type SettingKey = Row["key"];
export type Config = Tree<LeafOf<Row>>;
