import { expect, test } from "vitest";
import { processEnd } from "../../../src/container/process-end.ts";

const CLEAN = { code: 0, signal: null, outgrown: false };

test.each([
  ["an end of its own", CLEAN, "", false],
  ["its own end with the words", { ...CLEAN, code: 1 }, "JavaScript heap out of memory", false],
  ["the launcher's code", { ...CLEAN, code: 86 }, "", true],
  ["the watch on memory", { ...CLEAN, code: null, signal: "SIGKILL", outgrown: true }, "", true],
  ["a signal", { ...CLEAN, code: null, signal: "SIGKILL" }, "", false],
  ["V8's abort", { ...CLEAN, code: null, signal: "SIGABRT" }, "heap out of memory", true],
  ["V8's abort below a shell", { ...CLEAN, code: 134 }, "heap Out Of Memory", true],
  ["a code at the edge of signals", { ...CLEAN, code: 128 }, "out of memory", false],
])("memory: %s", (_, facts, errorTail, wanted) => {
  expect(processEnd(facts, undefined, errorTail).exhaustedMemory).toBe(wanted);
});

test("the reason names the signal, else the code, and the last words", () => {
  const reason = (facts: object, problem?: string, tail = "") =>
    processEnd({ ...CLEAN, ...facts }, problem, tail).reason;
  expect(reason({ code: 3 })).toBe("the launcher ended (code 3)");
  expect(reason({ code: null, signal: "SIGKILL" })).toBe("the launcher ended (SIGKILL)");
  expect(reason({ code: 3 }, undefined, "no such file\n")).toBe(
    "the launcher ended (code 3): no such file",
  );
  expect(reason({ code: null }, "no spawner")).toBe("no spawner");
});
