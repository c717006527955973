import { describe, expect, test } from "vitest";
import { RadixTree } from "../../../src/gateway/routing/radix-tree.ts";
import { fc } from "../../helpers/property.ts";

/** What the tree must do, written the slow way. */
function longestFirst(entries: ReadonlyMap<string, number>, key: string): number[] {
  return [...entries]
    .filter(([prefix]) => key.startsWith(prefix))
    .sort(([a], [b]) => b.length - a.length)
    .map(([, value]) => value);
}

function visited(tree: RadixTree<number>, key: string): number[] {
  const seen: number[] = [];
  tree.findLongest(key, (value) => {
    seen.push(value);
    return undefined;
  });
  return seen;
}

describe("radix tree", () => {
  test("agrees with a list of prefixes, over additions and removals", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "/"), maxLength: 6 });
    const step = fc.tuple(fc.boolean(), word);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.array(word), (steps, keys) => {
        const tree = new RadixTree<number>();
        const model = new Map<string, number>();
        for (const [at, [adds, prefix]] of steps.entries()) {
          if (adds) {
            tree.set(prefix, at);
            model.set(prefix, at);
          } else {
            tree.delete(prefix);
            model.delete(prefix);
          }
        }
        for (const key of keys) {
          expect(visited(tree, key)).toEqual(longestFirst(model, key));
          expect(tree.get(key)).toBe(model.get(key));
        }
      }),
    );
  });

  test("stops at the first answer", () => {
    const tree = new RadixTree<string>();
    for (const prefix of ["/", "/a/", "/a/b/"]) tree.set(prefix, prefix);
    const seen: string[] = [];
    const found = tree.findLongest("/a/b/c", (value) => {
      seen.push(value);
      return value === "/a/" ? value : undefined;
    });
    expect([found, seen]).toEqual(["/a/", ["/a/b/", "/a/"]]);
  });
});
