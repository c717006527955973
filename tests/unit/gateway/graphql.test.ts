import { describe, expect, test } from "vitest";
import { readOperation } from "../../../src/gateway/graphql.ts";

describe("the first operation", () => {
  test.each<[string, string, string, readonly string[]]>([
    ["{ hero { name } }", "query", "", ["hero"]],
    ["query getRepo { owner { name } repo { created } }", "query", "getRepo", ["owner", "repo"]],
    ["mutation M($in: In = {a: 1}) { add(input: $in) { id } }", "mutation", "M", ["add"]],
    ["subscription { tick }", "subscription", "", ["tick"]],
    ["query ($x: [Int!]) @live { a @skip(if: true) b: c }", "query", "", ["a", "c"]],
    ['query Q { a(s: "} { x") # y {\n b }', "query", "Q", ["a", "b"]],
    ["{ ...F ... on T { x } a }", "query", "", ["F", "a"]],
    ["query A { a } query B { b }", "query", "A", ["a"]],
  ])("%s", (text, operation, name, fields) => {
    expect(readOperation(text)).toEqual({ operation, name, root_fields: fields });
  });

  test.each(["", "type A { b: C }", "query", "nonsense"])("none in %j", (text) => {
    expect(readOperation(text)).toBeUndefined();
  });
});
