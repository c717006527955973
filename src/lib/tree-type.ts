/**
 * Type operators that turn a table of dotted keys into the type of a nested object:
 * `{ path: "api.body_bytes_max"; value: number }` becomes `{ api: { bodyBytesMax: number } }`.
 */
export type Leaf = { readonly path: string; readonly value: unknown };

/** "body_bytes_max" → "bodyBytesMax" */
export type CamelCase<Name extends string> = Name extends `${infer First}_${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : Name;

type Head<Path extends string> = Path extends `${infer First}.${string}` ? First : Path;

type Below<L extends Leaf, First extends string> = L extends {
  readonly path: `${First}.${infer Rest}`;
  readonly value: infer Value;
}
  ? { readonly path: Rest; readonly value: Value }
  : never;

type At<L extends Leaf, Path extends string> = L extends { readonly path: Path }
  ? L["value"]
  : never;

/** A path must not be both a leaf and the beginning of another path. */
export type Tree<L extends Leaf> = {
  readonly [First in Head<L["path"]> as CamelCase<First>]: First extends L["path"]
    ? At<L, First>
    : Tree<Below<L, First>>;
};

/** The same rule at run time. */
export function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
