/**
 * Reads YAML text strictly: a value that does not fit, an unknown key and a key given twice are
 * problems with their lines, in the words of the library the original uses. Aliases and merge keys
 * are followed within bounds, so that no document makes it run away.
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type Scalar,
  type YAMLMap,
} from "yaml";
import type { Value } from "../client/json.ts";
import { resolvePlain } from "./yaml-scalar.ts";

/** Nodes visited, those behind aliases each time. */
const VISITS_MAX = 1_000_000;
const DEPTH_MAX = 200;

export type YamlNode = Node | null | undefined;
export type Pair = { readonly key: string; readonly value: YamlNode; readonly node: YamlNode };

/** One reading of a document; it gathers the problems found. */
export class Reading {
  readonly problems: string[] = [];
  readonly #lines: LineCounter;
  readonly #anchors: ReadonlyMap<string, Node>;
  readonly #visits: { count: number };
  #depth = 0;

  constructor(
    lines: LineCounter,
    anchors: ReadonlyMap<string, Node>,
    visits: { count: number } = { count: 0 },
  ) {
    this.#lines = lines;
    this.#anchors = anchors;
    this.#visits = visits;
  }

  /** Another look at the same document that keeps its own problems. */
  attempt(): Reading {
    const other = new Reading(this.#lines, this.#anchors, this.#visits);
    other.#depth = this.#depth;
    return other;
  }

  problem(node: YamlNode, text: string): void {
    const offset = node?.range?.[0];
    const line = offset === undefined ? "" : `line ${this.#lines.linePos(offset).line}: `;
    this.problems.push(line + text);
  }

  /** The node itself, or what its alias stands for; counts the visit. */
  resolve(node: YamlNode): YamlNode {
    this.#visits.count += 1;
    if (this.#visits.count > VISITS_MAX) {
      throw new YamlLimit("yaml: document contains excessive aliasing");
    }
    if (!isAlias(node)) return node;
    const target = this.#anchors.get(node.source);
    if (target === undefined)
      throw new YamlLimit(`yaml: unknown anchor '${node.source}' referenced`);
    return this.resolve(target);
  }

  /** Runs `read` one level deeper. */
  within<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > DEPTH_MAX) throw new YamlLimit("yaml: exceeded max depth");
    try {
      return read();
    } finally {
      this.#depth -= 1;
    }
  }

  /** Keys and values of a map, merge keys (`<<`) filled in behind the map's own. */
  pairs(map: YAMLMap): readonly Pair[] {
    return this.within(() => {
      const own: Pair[] = [];
      const merged: Pair[] = [];
      for (const { key, value } of map.items as { key: YamlNode; value: YamlNode }[]) {
        const name = this.resolve(key);
        if (isScalar(name) && name.type === "PLAIN" && name.value === "<<") {
          merged.push(...this.#merged(value));
        } else own.push({ key: this.#keyText(name), value, node: name });
      }
      const known = new Set(own.map(({ key }) => key));
      return [...own, ...merged.filter(({ key }) => !known.has(key) && known.add(key))];
    });
  }

  #merged(node: YamlNode): readonly Pair[] {
    const source = this.resolve(node);
    if (isMap(source)) return this.pairs(source);
    if (isSeq(source)) {
      return this.within(() => source.items.flatMap((item) => this.#merged(item as YamlNode)));
    }
    this.problem(source, "map merge requires map or sequence of maps as the value");
    return [];
  }

  #keyText(key: YamlNode): string {
    if (isScalar(key)) return String(key.value ?? "");
    if (key !== null && key !== undefined) this.problem(key, "invalid map key");
    return "";
  }
}

/** A document that is too much; the whole file is refused. */
export class YamlLimit extends Error {}

/** Null, boolean, number or text of a scalar; quoted scalars are texts. */
export function scalarValue(scalar: Scalar): Value {
  const text = String(scalar.value ?? "");
  const isText = scalar.type !== "PLAIN" || scalar.tag === "tag:yaml.org,2002:str";
  return isText ? text : resolvePlain(text);
}
