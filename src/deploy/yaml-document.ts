/** Opens YAML text and has it read, with everything that is wrong with it in one error. */
import { isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from "yaml";
import { type DeployError, PROBLEMS_MAX, problemsError } from "./deploy-error.ts";
import { Reading, YamlLimit, type YamlNode } from "./yaml-reading.ts";

/** Bytes of a manifest or deployment file; code belongs into files of its own. */
export const YAML_BYTES_MAX = 1024 * 1024;

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
      if (anchors.has(node.anchor)) throw setTwice(node.anchor);
      anchors.set(node.anchor, node);
    }
    if (isMap(node)) for (const pair of node.items) queue.push(pair.key, pair.value);
    else if (isSeq(node)) for (const item of node.items) queue.push(item);
  }
  return anchors;
}

function setTwice(anchor: string): YamlLimit {
  return new YamlLimit(`yaml: anchor '${anchor}' is set twice`);
}
