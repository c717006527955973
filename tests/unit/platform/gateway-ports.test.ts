import { expect, test } from "vitest";
import { openOrMove } from "../../../src/platform/gateway-ports.ts";

const inUse = Object.assign(new Error("in use"), { code: "EADDRINUSE" });

/** Listens anywhere but at `taken`; a free port is 4711. */
const listening = (taken: number) => async (port: number) => {
  if (port === taken) throw new Error("port is taken", { cause: inUse });
  return { port: port === 0 ? 4711 : port };
};

test("a default port that is free is taken without a word", async () => {
  expect(await openOrMove("API gateway's", 3234, listening(1))).toEqual({
    listener: { port: 3234 },
    warning: undefined,
  });
});

test("a default port in use gives way to a free one, and that is said", async () => {
  expect(await openOrMove("API gateway's", 3234, listening(3234))).toEqual({
    listener: { port: 4711 },
    warning: "the API gateway's port 3234 is in use: it is at 4711 instead",
  });
});

test("another failure stops the start", async () => {
  const failing = () => Promise.reject(new Error("no such address"));
  await expect(openOrMove("API gateway's", 3234, failing)).rejects.toThrow("no such address");
});
