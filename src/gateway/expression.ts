/**
 * Expressions of routes (`vars`), `_meta.filter` and plugins, as `lua-resty-expr` reads them
 * (apisix-gateway.md 8.3): compiled once, evaluated against variables.
 */
import { BlockList, isIP, isIPv6 } from "node:net";
import type { Json } from "../core/documents.ts";
import { compilePattern } from "./pattern.ts";
import type { Lookup, VariableValue } from "./template.ts";

export type Expression = (lookup: Lookup) => boolean;

/** What the original's `expr.new` answers for a bad expression; its text goes to the client. */
export class ExpressionError extends Error {}

type Test = (left: VariableValue) => boolean;

const LOGIC = new Set(["OR", "!OR", "AND", "!AND"]);
const ALWAYS: Expression = () => true;

/** Throws `ExpressionError`. An empty list is always true. An object counts as a list of nothing. */
export function compileExpression(rules: Json): Expression {
  if (!Array.isArray(rules)) throw new ExpressionError("missing argument rule");
  const first = rules[0];
  if (rules.length === 0) return ALWAYS;
  if (!isTable(first) && !LOGIC.has(String(first).toUpperCase())) {
    throw new ExpressionError("rule should be wrapped inside brackets");
  }
  return compile(rules);
}

function isTable(value: Json | undefined): boolean {
  return typeof value === "object" && value !== null;
}

function compile(rules: Json): Expression {
  if (!Array.isArray(rules) || rules.length === 0) throw new ExpressionError("rule too short");
  if (isTable(rules[0])) return every(rules.map(compile));
  const logic = String(rules[0]).toUpperCase();
  return LOGIC.has(logic) ? compileLogic(logic, rules.slice(1)) : compileComparison(rules);
}

function compileLogic(logic: string, operands: readonly Json[]): Expression {
  if (operands.length < 2) throw new ExpressionError("rule too short");
  const parts = operands.map(compile);
  const holds = logic.endsWith("AND") ? every(parts) : some(parts);
  return logic.startsWith("!") ? (lookup) => !holds(lookup) : holds;
}

function every(parts: readonly Expression[]): Expression {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  return (lookup) => parts.every((part) => part(lookup));
}

function some(parts: readonly Expression[]): Expression {
  return (lookup) => parts.some((part) => part(lookup));
}

function compileComparison(rule: readonly Json[]): Expression {
  const reverse = rule.length === 4;
  if (reverse && rule[1] !== "!") throw new ExpressionError("bad 'not' expression");
  const [name, given, operand] = reverse ? [rule[0], rule[2], rule[3]] : rule;
  if (typeof name !== "string") throw new ExpressionError("invalid expression");
  const test = compileTest(given, operand);
  return reverse ? (lookup) => !test(lookup(name)) : (lookup) => test(lookup(name));
}

function compileTest(given: Json | undefined, operand: Json | undefined): Test {
  const operator = typeof given === "string" ? given.toLowerCase() : "";
  const make = OPERATORS[operator];
  if (make !== undefined) return make(operand ?? undefined);
  // [name, value] means equality, for old configurations.
  if (operand === undefined && given !== undefined && given !== null) return equals(given);
  if (operand === undefined) throw new ExpressionError("invalid expression");
  throw new ExpressionError(`invalid operator '${String(given).toLowerCase()}'`);
}

type Operand = Exclude<Json, null> | undefined;

const OPERATORS: Readonly<Record<string, (operand: Operand) => Test>> = {
  "==": equals,
  "~=": (operand) => {
    const same = equals(operand);
    return (left) => !same(left);
  },
  ">": (operand) => compare(operand, (left, right) => left > right),
  ">=": (operand) => compare(operand, (left, right) => left >= right),
  "<": (operand) => compare(operand, (left, right) => left < right),
  "<=": (operand) => compare(operand, (left, right) => left <= right),
  "~~": (operand) => matches(operand, ""),
  "~*": (operand) => matches(operand, "i"),
  in: (operand) => {
    const list: readonly unknown[] = Array.isArray(operand) ? operand : [];
    return (left) => left !== undefined && list.includes(left);
  },
  has: (operand) => (left) => Array.isArray(left) && left.includes(operand),
  ipmatch: ipMatch,
};

function equals(operand: Operand): Test {
  if (typeof operand !== "number") return (left) => left === operand;
  return (left) => toNumber(left) === operand;
}

function compare(operand: Operand, test: (left: number, right: number) => boolean): Test {
  const right = toNumber(operand);
  return (value) => {
    const left = toNumber(value);
    return left !== undefined && right !== undefined && test(left, right);
  };
}

/** As Lua's `tonumber`: decimal or hexadecimal text, blanks around it allowed. */
function toNumber(value: VariableValue): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || value.trim() === "") return undefined;
  const number = Number(value);
  return Number.isNaN(number) ? undefined : number;
}

function matches(operand: Operand, flags: string): Test {
  const pattern = compilePattern(String(operand ?? ""), flags);
  if (pattern === undefined) throw new ExpressionError(`invalid pattern '${String(operand)}'`);
  return (left) => left !== undefined && pattern.test(String(left));
}

function ipMatch(operand: Operand): Test {
  const list = Array.isArray(operand) ? operand : [operand];
  if (operand === undefined || operand === "" || list.length === 0) {
    throw new ExpressionError("invalid ip address");
  }
  const block = compileAddresses(list.map(String));
  return (left) => typeof left === "string" && block(left);
}

/** Tells whether an address is one of these IPs or in one of these CIDR blocks. */
export function compileAddresses(list: readonly string[]): (address: string) => boolean {
  // Apart: in one list the block ::/0 would also hold all addresses of the older sort.
  const blocks = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const entry of list) addAddress(blocks, entry);
  return (address) => {
    if (isIP(address) === 0) return false;
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    return blocks[family].check(address, family);
  };
}

function addAddress(blocks: Readonly<Record<"ipv4" | "ipv6", BlockList>>, entry: string): void {
  const [address = "", prefix, ...rest] = entry.split("/");
  const family = isIPv6(address) ? "ipv6" : "ipv4";
  const bits = prefix === undefined ? undefined : Number(prefix);
  const valid =
    isIP(address) !== 0 &&
    rest.length === 0 &&
    (bits === undefined || (/^\d+$/.test(prefix ?? "") && bits <= (family === "ipv6" ? 128 : 32)));
  if (!valid) throw new ExpressionError(`invalid ip address: ${entry}`);
  if (bits === undefined) blocks[family].addAddress(address, family);
  else blocks[family].addSubnet(address, bits, family);
}
