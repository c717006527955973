import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { ActionDocument, Json, Parameter } from "../../../src/core/documents.ts";
import {
  LockedParameterError,
  type LockScheme,
  lockDocument,
  lockedArguments,
  type ParameterLocks,
  unlockArguments,
} from "../../../src/core/parameter-lock.ts";
import { mergeParameters } from "../../../src/core/parameters.ts";
import { fc } from "../../helpers/property.ts";

// Keys that the original's own tests use.
const KEY_128 = Buffer.from("ra1V6AfOYAv0jCzEdufIFA==", "base64");
const KEY_256 = Buffer.from("j5rLzhtxwzPyUVUy8/p8XJmBoKeDoSzNJP1SITJEY9E=", "base64");
const OTHER_128 = Buffer.alloc(16, 7);
const KEYS = { "aes-128": [KEY_128], "aes-256": [KEY_256] };

function locksOf(
  current: LockScheme | undefined,
  keys: ParameterLocks["keys"] = KEYS,
): ParameterLocks {
  return { current, keys, randomBytes };
}

function action(parameters: readonly Parameter[]): ActionDocument {
  return {
    entityType: "action",
    namespace: "guest",
    name: "hello",
    version: "0.0.1",
    publish: false,
    updated: 0,
    exec: { kind: "sequence", components: [] },
    parameters,
    annotations: [{ key: "note", value: "in the clear" }],
    limits: { timeout: 1, memory: 1, logs: 1, concurrency: 1 },
  };
}

function lock(parameters: readonly Parameter[], locks: ParameterLocks): readonly Parameter[] {
  return lockDocument(action(parameters), locks).parameters;
}

/** The arguments as an action gets them when the request gives nothing. */
function argumentsOf(parameters: readonly Parameter[], keys: ParameterLocks["keys"] = KEYS): Json {
  const content = JSON.stringify(
    Object.fromEntries(parameters.map(({ key, value }) => [key, value])),
  );
  const lockedArgs = lockedArguments(parameters, content);
  const text = lockedArgs === undefined ? content : unlockArguments(content, lockedArgs, keys);
  return JSON.parse(text) as Json;
}

describe("the original's format", () => {
  // Made with another implementation of AES-GCM, IV bytes 0, 1, 2, …
  const VECTORS = [
    ["aes-128", "AAAADAABAgMEBQYHCAkKCxXg12r69rujTvN4upb0aPDSehB/fJHAjA==", "secret"],
    [
      "aes-256",
      "AAAAgAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj9AQUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpbXF1eX2BhYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ent8fX5/Qz1OUL5PRF6Gu3aaxHqb1yXSHhhNP1Wk+6mlTBWfX2lORxpFD7mXE4Id",
      { user: "ä", n: [1, null] },
    ],
  ] as const;

  test.each(VECTORS)("%s is written byte by byte as others write it", (scheme, text, value) => {
    const counting = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => at);
    const locks = { ...locksOf(scheme), randomBytes: counting };
    const parameter = { key: "a", value: value as unknown as Json, init: true };
    expect(lock([parameter], locks)).toEqual([
      { key: "a", value: text, init: true, encryption: scheme },
    ]);
  });

  test.each(VECTORS)("%s is read", (scheme, text, value) => {
    const stored = [{ key: "a", value: text, encryption: scheme }];
    expect(argumentsOf(stored)).toEqual({ a: value });
  });
});

describe("what is locked", () => {
  test("every value of an action and a package; annotations, triggers and rules stay", () => {
    const secret = [{ key: "a", value: "secret" }];
    const locked = lockDocument(action(secret), locksOf("aes-256"));
    expect(locked.parameters[0]).toMatchObject({ key: "a", encryption: "aes-256" });
    expect(JSON.stringify(locked)).not.toContain("secret");
    expect(locked.annotations).toEqual([{ key: "note", value: "in the clear" }]);
    const { exec: _exec, limits: _limits, ...base } = action(secret);
    const found = lockDocument({ ...base, entityType: "package", binding: {} }, locksOf("aes-256"));
    expect(found.parameters).toEqual([
      { key: "a", value: expect.any(String), encryption: "aes-256" },
    ]);
    const trigger = {
      ...action(secret),
      entityType: "trigger",
      limits: {},
    } as const;
    expect(lockDocument(trigger, locksOf("aes-256"))).toBe(trigger);
  });

  test("nothing, when it is off", () => {
    const document = action([{ key: "a", value: "secret" }]);
    expect(lockDocument(document, locksOf(undefined))).toBe(document);
  });

  test("equal values never look equal", () => {
    const [one, other] = lock(
      [
        { key: "a", value: 1 },
        { key: "b", value: 1 },
      ],
      locksOf("aes-128"),
    );
    expect(one?.value).not.toBe(other?.value);
  });

  test("any JSON value comes back as it was", () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.string(),
        fc.constantFrom<LockScheme>("aes-128", "aes-256"),
        (value, key, scheme) => {
          const json = JSON.parse(JSON.stringify(value)) as Json;
          const stored = lock([{ key, value: json }], locksOf(scheme));
          expect(argumentsOf(stored)).toEqual(Object.fromEntries([[key, json]]));
        },
      ),
    );
  });
});

describe("keys change", () => {
  const stored = lock([{ key: "a", value: "old" }], locksOf("aes-128"));

  test("to another scheme: read with the old key, written with the new", () => {
    const rewritten = lock(stored, locksOf("aes-256"));
    expect(rewritten[0]).toMatchObject({ encryption: "aes-256" });
    expect(argumentsOf(rewritten, { "aes-128": [], "aes-256": [KEY_256] })).toEqual({ a: "old" });
  });

  test("of the same scheme: the first locks, the others open", () => {
    const keys = { "aes-128": [OTHER_128, KEY_128], "aes-256": [] };
    expect(argumentsOf(stored, keys)).toEqual({ a: "old" });
    const rewritten = lock(stored, locksOf("aes-128", keys));
    expect(argumentsOf(rewritten, { "aes-128": [OTHER_128], "aes-256": [] })).toEqual({ a: "old" });
  });

  test("what is locked with the current key stays as it is", () => {
    expect(lock(stored, locksOf("aes-128"))).toEqual(stored);
  });

  test("what no key opens, or nobody knows, is neither lost nor locked twice", () => {
    const keys = { "aes-128": [OTHER_128], "aes-256": [KEY_256] };
    const foreign: Parameter = { key: "b", value: "text", encryption: "rot-13" };
    const garbage: Parameter = { key: "c", value: "no ciphertext", encryption: "aes-128" };
    const all = [...stored, foreign, garbage];
    expect(lock(all, locksOf("aes-256", keys))).toEqual(all);
  });
});

describe("arguments of an invocation", () => {
  const stored = lock(
    [
      { key: "a", value: "one" },
      { key: "b", value: { two: 2 } },
    ],
    locksOf("aes-128"),
  );
  const content = (more: object): string => {
    const defaults = Object.fromEntries(stored.map(({ key, value }) => [key, value]));
    return JSON.stringify({ ...defaults, ...more });
  };

  test("what the request gives is taken as it is", () => {
    const text = content({ a: "mine", c: stored[1]?.value });
    const lockedArgs = lockedArguments(stored, text);
    expect(lockedArgs).toEqual({ b: "aes-128" });
    expect(JSON.parse(unlockArguments(text, lockedArgs ?? {}, KEYS))).toEqual({
      a: "mine",
      b: { two: 2 },
      c: stored[1]?.value,
    });
  });

  test("no work where nothing is locked, or the arguments are a list", () => {
    expect(lockedArguments([{ key: "a", value: 1 }], "not even JSON")).toBeUndefined();
    expect(lockedArguments(stored, "[1]")).toBeUndefined();
  });

  test("the binding's own value counts over the package's locked one", () => {
    const merged = mergeParameters(stored, [{ key: "a", value: "plain" }]);
    expect(argumentsOf(merged)).toEqual({ a: "plain", b: { two: 2 } });
  });

  test("a value that no key opens is an error that names the parameter and no value", () => {
    const text = content({});
    const open = () => unlockArguments(text, { a: "aes-128" }, { "aes-128": [], "aes-256": [] });
    expect(open).toThrow(LockedParameterError);
    expect(open).toThrow(/^parameter a is locked with aes-128, and none of the keys opens it$/);
  });

  test("a changed ciphertext does not open", () => {
    const bytes = Buffer.from(String(stored[0]?.value), "base64");
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    const text = JSON.stringify({ a: bytes.toString("base64") });
    expect(() => unlockArguments(text, { a: "aes-128" }, KEYS)).toThrow(LockedParameterError);
  });

  test("any text in place of a ciphertext is refused, never a fault", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String()), (value) => {
        const text = JSON.stringify({ a: value });
        expect(() => unlockArguments(text, { a: "aes-256" }, KEYS)).toThrow(LockedParameterError);
      }),
    );
  });
});
