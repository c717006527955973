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
  LineCounter,
  type Node,
  parseAllDocuments,
  type Scalar,
  type YAMLMap,
} from "yaml";
import type { Value } from "../client/json.ts";
import { type DeployError, PROBLEMS_MAX, problemsError } from "./deploy-error.ts";
import { resolvePlain } from "./yaml-scalar.ts";

/** Bytes of a manifest or deployment file; code belongs into files of its own. */
export const YAML_BYTES_MAX = 1024 * 1024;
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

/**
 * Reads the first document of the text with `read`; an empty one is null. Throws a DeployError with
 * every problem found.
 */
export function readYaml<T>(
  text: string,
  file: string,
  read: (root: YamlNode, reading: Reading) => T,
): T {
  try {
    const { root, reading, problems } = open(text);
    if (problems.length > 0) throw refuse(file, problems);
    const value = read(root, reading);
    if (reading.problems.length > 0) {
      throw refuse(file, ["yaml: unmarshal errors:", ...reading.problems]);
    }
    return value;
  } catch (cause) {
    if (cause instanceof YamlLimit) throw refuse(file, [cause.message]);
    // The parser descends by calls: text nested beyond its stack is no manifest.
    if (cause instanceof RangeError) throw refuse(file, ["yaml: exceeded max depth"]);
    throw cause;
  }
}

function refuse(file: string, problems: readonly string[]): DeployError {
  return problemsError("ERROR_YAML_PARSER_ERROR", file, problems);
}

function open(text: string) {
  if (Buffer.byteLength(text) > YAML_BYTES_MAX) {
    throw new YamlLimit(`yaml: document is larger than ${YAML_BYTES_MAX} bytes`);
  }
  const lines = new LineCounter();
  // Every scalar comes as text; what it means is decided where its type is known.
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    schema: "failsafe",
    uniqueKeys: false,
    logLevel: "silent",
  });
  const document = documents[0];
  const errors = document?.errors.slice(0, PROBLEMS_MAX) ?? [];
  const problems = errors.map((error) => {
    const { line } = lines.linePos(error.pos[0]);
    return `yaml: line ${line}: ${error.message.split("\n")[0] ?? ""}`;
  });
  const root: YamlNode = document?.contents;
  return {
    root,
    reading: new Reading(lines, problems.length > 0 ? new Map() : anchorsOf(root)),
    problems,
  };
}

/** All anchors of a document. One that is set anew would make an alias mean two things. */
function anchorsOf(root: YamlNode): ReadonlyMap<string, Node> {
  const anchors = new Map<string, Node>();
  const queue: unknown[] = [root];
  while (queue.length > 0) {
    const node = queue.pop();
    if ((isScalar(node) || isMap(node) || isSeq(node)) && node.anchor !== undefined) {
      if (anchors.has(node.anchor))
        throw new YamlLimit(`yaml: anchor '${node.anchor}' is set twice`);
      anchors.set(node.anchor, node);
    }
    if (isMap(node)) for (const pair of node.items) queue.push(pair.key, pair.value);
    else if (isSeq(node)) for (const item of node.items) queue.push(item);
  }
  return anchors;
}
