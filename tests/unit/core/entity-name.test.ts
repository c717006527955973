import { describe, expect, test } from "vitest";
import { requireActivationId } from "../../../src/core/activation-id.ts";
import {
  ENTITY_NAME_LENGTH_MAX,
  isEntityName,
  parseEntityPath,
  requireEntityName,
  requireNamespace,
} from "../../../src/core/entity-name.ts";
import { thrown } from "../../helpers/thrown.ts";

describe("names of entities", () => {
  test.each(["a", "_", "9", "a b", "a@b.c&d-e", "A_", "a-", "a.", "x".repeat(256)])(
    "%j",
    (name) => {
      expect(isEntityName(name)).toBe(true);
      expect(requireEntityName(name)).toBe(name);
      expect(requireNamespace(name)).toBe(name);
    },
  );

  test.each(["", " ", "a ", " a", "-a", "@a", ".a", "a/b", "a\n", "é", "a$", "a\tb"])(
    "not %j",
    (name) => {
      expect(thrown(() => requireEntityName(name))).toEqual({
        code: "VALIDATION",
        text: "The name of the entity contains illegal characters.",
      });
      expect(thrown(() => requireNamespace(name))).toEqual({
        code: "VALIDATION",
        text: "The namespace contains illegal characters.",
      });
    },
  );

  test("not longer than the limit", () => {
    expect(ENTITY_NAME_LENGTH_MAX).toBe(256);
    const long = "x".repeat(257);
    expect(thrown(() => requireEntityName(long))).toEqual({
      code: "VALIDATION",
      text: "Name segement longer than allowed: 257 > 256.",
    });
    expect(thrown(() => requireNamespace(long))).toEqual({
      code: "VALIDATION",
      text: "Namespace longer than allowed: 257 > 256.",
    });
  });
});

test.each([
  ["a", ["a"]],
  ["/a//b/", ["a", "b"]],
  ["", undefined],
  ["/", undefined],
  ["a/ b", undefined],
])("path %j", (text, parts) => {
  expect(parseEntityPath(text)).toEqual(parts);
});

describe("ids of activations", () => {
  const id = "0123456789abcdef0123456789abcdef";
  test("are 32 lower-case hex digits", () => {
    expect(requireActivationId(id)).toBe(id);
  });

  test.each([
    [id.slice(1), "Activation id length is 31 but must be 32."],
    ["", "Activation id length is 0 but must be 32."],
    [id.toUpperCase(), "The activation id is not valid."],
    [id.replace("0", "g"), "The activation id is not valid."],
  ])("%j is refused", (text, message) => {
    expect(thrown(() => requireActivationId(text))).toEqual({ code: "VALIDATION", text: message });
  });
});
