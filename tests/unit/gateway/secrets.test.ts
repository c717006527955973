import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SECRET_RETRY_MS, Secrets } from "../../../src/gateway/secrets.ts";

const REFERENCE = "$secret://vault/1/jack/key";

/** Keys that were asked for, and how each of them is answered. */
let asked: { readonly key: string; readonly answer: (text: string | undefined) => void }[];
let warnings: string[];
let secrets: Secrets;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  asked = [];
  warnings = [];
  secrets = new Secrets({
    env: {},
    warn: (message) => warnings.push(message),
    manager: (_manager, _id, key) => {
      return new Promise((answer) => asked.push({ key, answer }));
    },
  });
});

afterEach(() => void vi.useRealTimers());

async function answerAll(text: string | undefined): Promise<void> {
  for (const { answer } of asked) answer(text);
  await nextTurn();
}

test("what failed is asked for again a second later, not before", async () => {
  const uses = [secrets.resolve(REFERENCE), secrets.resolve(REFERENCE)];
  await answerAll(undefined);
  expect(await Promise.all(uses)).toEqual([REFERENCE, REFERENCE]);
  vi.setSystemTime(Date.now() + SECRET_RETRY_MS - 1);
  expect(secrets.resolve(REFERENCE)).toBe(REFERENCE);
  expect([asked.length, secrets.mayHaveNews]).toEqual([1, false]);
  expect(warnings).toEqual(["failed to resolve secret reference"]);
  vi.setSystemTime(Date.now() + 1);
  expect(secrets.mayHaveNews).toBe(true);
  const later = secrets.resolve(REFERENCE);
  expect(asked).toHaveLength(2);
  await answerAll("found");
  expect([await later, secrets.resolve(REFERENCE)]).toEqual(["found", "found"]);
});

test("so it is with more of them than values are kept", async () => {
  const references = Array.from({ length: 600 }, (_, at) => `$secret://vault/1/c${at}/key`);
  void secrets.resolve(references);
  expect(secrets.mayHaveNews).toBe(true);
  await answerAll(undefined);
  expect(secrets.resolve(references)).toEqual(references);
  expect(asked).toHaveLength(600);
});

test("managers that were configured anew are asked at once", async () => {
  void secrets.resolve(REFERENCE);
  secrets.forget();
  // The manager as it was before has nothing to say any more.
  await answerAll(undefined);
  void secrets.resolve(REFERENCE);
  expect(asked).toHaveLength(2);
  await answerAll(undefined);
  secrets.forget();
  void secrets.resolve(REFERENCE);
  expect(asked).toHaveLength(3);
});
