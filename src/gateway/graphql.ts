/**
 * As much of GraphQL as routes are chosen by: kind, name and root fields of the first operation
 * (`graphql_operation`, `graphql_name`, `graphql_root_fields`).
 */
export type GraphqlOperation = {
  readonly operation: string;
  /** Empty for an operation without a name. */
  readonly name: string;
  readonly root_fields: readonly string[];
};

const TOKEN = /#[^\n]*|"""[\s\S]*?"""|"(?:[^"\\\n]|\\.)*"|\.\.\.|[_A-Za-z]\w*|[^\s,]/g;
const NAME = /^[_A-Za-z]\w*$/;
const OPENS = new Set(["(", "{", "["]);
const CLOSES = new Set([")", "}", "]"]);
const KINDS = new Set(["query", "mutation", "subscription"]);

/** Undefined for a text that does not begin with an operation. */
export function readOperation(text: string): GraphqlOperation | undefined {
  const tokens = (text.match(TOKEN) ?? []).filter((token) => !/^["#]/.test(token));
  const [first = "", second = ""] = tokens;
  if (first !== "{" && !KINDS.has(first)) return undefined;
  const start = selectionStart(tokens);
  if (start < 0) return undefined;
  const isNamed = first !== "{" && NAME.test(second);
  return {
    operation: first === "{" ? "query" : first,
    name: isNamed ? second : "",
    root_fields: rootFields(tokens.slice(start + 1)),
  };
}

/** Where the selection begins: variables and directives before it may hold braces of their own. */
function selectionStart(tokens: readonly string[]): number {
  let depth = 0;
  for (const [at, token] of tokens.entries()) {
    if (token === "{" && depth === 0) return at;
    if (OPENS.has(token)) depth++;
    if (CLOSES.has(token)) depth--;
  }
  return -1;
}

/** Names at the first level: of "alias: field" the field, of "...Fragment" the fragment. */
function rootFields(tokens: readonly string[]): string[] {
  const fields: string[] = [];
  let depth = 0;
  for (const [at, token] of tokens.entries()) {
    if (CLOSES.has(token) && depth === 0) break;
    if (OPENS.has(token)) depth++;
    else if (CLOSES.has(token)) depth--;
    else if (depth === 0 && isField(tokens, at)) fields.push(token);
  }
  return fields;
}

function isField(tokens: readonly string[], at: number): boolean {
  const before = tokens[at - 1];
  if (!NAME.test(tokens[at] ?? "") || before === "@" || tokens[at + 1] === ":") return false;
  // "... on Type { }" is neither a field nor a fragment's name.
  if (before === "on" && tokens[at - 2] === "...") return false;
  return before !== "..." || tokens[at] !== "on";
}
