import { describe, expect, test } from "vitest";
import type { Json } from "../../../src/core/documents.ts";
import { compileExpression, ExpressionError } from "../../../src/gateway/expression.ts";
import type { VariableValue } from "../../../src/gateway/template.ts";

const VALUES: Readonly<Record<string, VariableValue>> = {
  arg_name: "json",
  arg_age: "18",
  arg_hex: "0x10",
  remote_addr: "192.168.1.7",
  "post_arg.list": ["a", "b"],
  arg_bare: true,
};
const lookup = (name: string): VariableValue => VALUES[name];

describe("values", () => {
  test.each<[Json, boolean]>([
    [[], true],
    [[["arg_name", "==", "json"]], true],
    [[["arg_name", "json"]], true],
    [[["arg_name", "~=", "json"]], false],
    [[["arg_age", "==", 18]], true],
    [[["arg_age", "==", "18"]], true],
    [[["arg_name", "==", 18]], false],
    [[["arg_name", "~=", 18]], true],
    [[["arg_age", ">", 17]], true],
    [[["arg_age", ">=", "18"]], true],
    [[["arg_age", "<", 18]], false],
    [[["arg_age", "<=", 18]], true],
    [[["arg_hex", "==", 16]], true],
    [[["arg_name", ">", 1]], false],
    [[["arg_name", "~~", "^js"]], true],
    [[["arg_name", "~~", "^JS"]], false],
    [[["arg_name", "~*", "^JS"]], true],
    [[["arg_none", "~~", ".*"]], false],
    [[["arg_name", "in", ["xml", "json"]]], true],
    [[["arg_name", "IN", ["xml"]]], false],
    [[["post_arg.list", "has", "b"]], true],
    [[["post_arg.list", "has", "c"]], false],
    [[["remote_addr", "ipmatch", ["10.0.0.0/8", "192.168.0.0/16"]]], true],
    [[["remote_addr", "ipmatch", "10.0.0.1"]], false],
    [[["arg_name", "!", "==", "json"]], false],
    [[["arg_none", "==", null]], true],
    [[["arg_name", "==", null]], false],
    [[["arg_none", "~=", null]], false],
    [["OR", ["arg_name", "==", "xml"], ["arg_age", "==", 18]], true],
    [["AND", ["arg_name", "==", "xml"], ["arg_age", "==", 18]], false],
    [["!OR", ["arg_name", "==", "xml"], ["arg_age", "==", 17]], true],
    [["!AND", ["arg_name", "==", "xml"], ["arg_age", "==", 18]], true],
    [["and", ["arg_name", "==", "json"], ["OR", ["arg_age", ">", 20], ["arg_age", "<", 19]]], true],
    [
      [
        ["arg_name", "==", "json"],
        ["arg_age", "==", 17],
      ],
      false,
    ],
  ])("%j is %s", (rules, expected) => {
    expect(compileExpression(rules)(lookup)).toBe(expected);
  });
});

describe("what cannot be compiled", () => {
  test.each<[Json, string]>([
    [["arg_name", "==", "json"], "rule should be wrapped inside brackets"],
    [[[]], "rule too short"],
    [[{}], "rule too short"],
    [["AND", {}, [["a", "==", "b"]]], "rule too short"],
    [["OR", ["a", "==", "b"]], "rule too short"],
    [[["arg_name", "=", "json"]], "invalid operator '='"],
    [[["arg_name", "not", "==", "json"]], "bad 'not' expression"],
    [[["arg_name"]], "invalid expression"],
    [[["remote_addr", "ipmatch", ""]], "invalid ip address"],
    [[["remote_addr", "ipmatch", []]], "invalid ip address"],
  ])("%j: %s", (rules, text) => {
    expect(() => compileExpression(rules)).toThrow(new ExpressionError(text));
  });
});
