import { describe, expect, test } from "vitest";
import type { Json } from "../../../src/core/documents.ts";
import {
  checkInstances,
  checkLimits,
  checkPayload,
  effectiveLimits,
  parseLimits,
  parseSize,
  standardLimits,
} from "../../../src/core/limits.ts";
import { DEFAULT_LIMITS, ORIGINAL_LIMITS } from "../../helpers/limits.ts";
import { malformed, thrown } from "../../helpers/thrown.ts";

const bounds = effectiveLimits(ORIGINAL_LIMITS, {});

describe("reading", () => {
  test("keeps the members given; null counts as absent", () => {
    const given = { timeout: 100, memory: 128, logs: 0, concurrency: 1, instances: 0 };
    expect(parseLimits(given)).toEqual(given);
    expect(parseLimits({ timeout: null, logs: 5, other: 1 })).toEqual({ logs: 5 });
  });

  test.each<[Json, string]>([
    [[], "Object expected in field 'timeout'"],
    [1, "Object expected in field 'timeout'"],
    [{ timeout: 1.5 }, "requirement failed: time limit must be whole number"],
    [{ memory: 1.5 }, "requirement failed: memory limit must be whole number"],
    [{ logs: 1.5 }, "requirement failed: log limit must be whole number"],
    [{ concurrency: 1.5 }, "requirement failed: intra concurrency limit must be whole number"],
    [{ instances: 1.5 }, "requirement failed: instance concurrency limit must be whole number"],
    [{ timeout: "1" }, "time limit malformed"],
    [{ memory: true }, "memory limit malformed"],
    [{ logs: {} }, "log limit malformed"],
    [{ concurrency: "1" }, "concurrency limit malformed"],
    [{ instances: [] }, "instance concurrency limit malformed"],
    [{ memory: -1 }, "requirement failed: a negative size of an object is not allowed."],
    [{ logs: -1 }, "requirement failed: a negative size of an object is not allowed."],
    [
      { instances: -1 },
      "requirement failed: Action container concurrency must be greater than or equal to 0.",
    ],
  ])("%j is refused", (value, text) => {
    expect(thrown(() => parseLimits(value))).toEqual(malformed(text));
  });
});

describe("bounds", () => {
  test.each([
    [
      { timeout: 300001 },
      "duration 300001 milliseconds exceeds allowed threshold of 300000 milliseconds",
    ],
    [{ timeout: 99 }, "duration 99 milliseconds below allowed threshold of 100 milliseconds"],
    [{ memory: 513 }, "memory size 513 MB exceeds allowed threshold of 512 MB"],
    [{ memory: 127 }, "memory size 127 MB below allowed threshold of 128 MB"],
    [{ logs: 11 }, "log size 11 MB exceeds allowed threshold of 10 MB"],
    [{ concurrency: 2 }, "concurrency 2 exceeds allowed threshold of 1"],
    [{ concurrency: 0 }, "concurrency 0 below allowed threshold of 1"],
    [{ timeout: 1, memory: 1 }, "memory size 1 MB below allowed threshold of 128 MB"],
  ])("%j is out", (limits, text) => {
    expect(thrown(() => checkLimits(limits, bounds))).toEqual({
      code: "BAD_REQUEST",
      text: `requirement failed: ${text}`,
    });
  });

  test("hold at both edges", () => {
    checkLimits({ timeout: 100, memory: 128, logs: 0, concurrency: 1 }, bounds);
    checkLimits({ timeout: 300000, memory: 512, logs: 10, concurrency: 1 }, bounds);
    checkLimits({ concurrency: 500 }, effectiveLimits(DEFAULT_LIMITS, {}));
    expect(
      thrown(() => checkLimits({ concurrency: 501 }, effectiveLimits(DEFAULT_LIMITS, {}))),
    ).toEqual({
      code: "BAD_REQUEST",
      text: "requirement failed: concurrency 501 exceeds allowed threshold of 500",
    });
  });

  test("of instances are the namespace's concurrency", () => {
    checkInstances({ instances: 30 }, bounds);
    expect(thrown(() => checkInstances({ instances: 31 }, bounds))).toEqual({
      code: "BAD_REQUEST",
      text: "Max action instance concurrency must not exceed your namespace concurrency of 30.",
    });
  });

  test("of the payload", () => {
    checkPayload(1048576, bounds);
    expect(thrown(() => checkPayload(1048577, bounds))).toEqual({
      code: "TOO_LARGE",
      text: "Request larger than allowed: 1048577 > 1048576 bytes.",
    });
  });
});

describe("a namespace", () => {
  test("narrows the system's bounds", () => {
    const own = effectiveLimits(ORIGINAL_LIMITS, {
      minActionTimeout: 200,
      maxActionTimeout: 1000,
      maxActionMemory: 256,
      maxPayloadSize: "512 KB",
      truncationSize: "1k",
      maxParameterSize: "10 B",
      concurrentInvocations: 5,
    });
    expect(own).toEqual({
      ...bounds,
      timeout: { min: 200, max: 1000 },
      memory: { min: 128, max: 256 },
      payloadBytesMax: 512 * 1024,
      truncationBytes: 1024,
      parameterBytesMax: 10,
      concurrentInvocations: 5,
    });
  });

  test("does not widen them", () => {
    const wishes = {
      minActionTimeout: 1,
      maxActionTimeout: 900000,
      minActionMemory: 1,
      maxActionMemory: 4096,
      maxActionLogs: 100,
      maxActionConcurrency: 100,
      minActionConcurrency: 0,
      maxPayloadSize: "2 GB",
    };
    expect(effectiveLimits(ORIGINAL_LIMITS, wishes)).toEqual(bounds);
  });

  test("is ignored as a whole when a size is unreadable", () => {
    const wishes = { maxActionTimeout: 1000, maxPayloadSize: "many" };
    expect(effectiveLimits(ORIGINAL_LIMITS, wishes)).toEqual(bounds);
  });
});

test.each([
  ["512 KB", 524288],
  ["1m", 1048576],
  [" 7 B ", 7],
  ["2GB", 2147483648],
  ["3g", 3221225472],
  ["1", undefined],
  ["1 TB", undefined],
  ["1 BB", undefined],
  ["-1 B", undefined],
  ["", undefined],
])("size %j", (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test("an action that names no limits gets the standard ones", () => {
  expect(standardLimits(ORIGINAL_LIMITS)).toEqual({
    timeout: 60000,
    memory: 256,
    logs: 10,
    concurrency: 1,
  });
});
