import { describe, expect, test } from "vitest";
import { type Plan, type PoolView, plan } from "../../../src/invoker/plan.ts";

const cold: PoolView = {
  waiting: 1,
  freePlaces: 0,
  startingPlaces: 0,
  placesAhead: 0,
  warmPlaces: 0,
  recentRunMs: undefined,
  waitedMs: 0,
  coldStartMs: 30,
  hasPrewarm: false,
  memoryNeededMb: 256,
  memoryFreeMb: 1024,
  memoryIdleMb: 0,
};

describe("plan", () => {
  const rows: readonly (readonly [string, Partial<PoolView>, Plan])[] = [
    ["a free place of a warm container comes first", { freePlaces: 1, hasPrewarm: true }, "reuse"],
    ["a container on its way up is waited for", { startingPlaces: 1 }, "queue"],
    ["but not by more than it can take", { startingPlaces: 1, waiting: 2 }, "create"],
    ["a prewarm of the kind is taken before a cold start", { hasPrewarm: true }, "prewarm"],
    ["free memory takes a new container", {}, "create"],
    ["the last free megabyte counts", { memoryFreeMb: 256 }, "create"],
    ["idle containers make room", { memoryFreeMb: 255, memoryIdleMb: 1 }, "evict"],
    ["only when they make enough", { memoryFreeMb: 100, memoryIdleMb: 155 }, "wait"],
    ["nothing free, nothing idle: wait", { memoryFreeMb: 0 }, "wait"],
    [
      "prewarms are taken even when memory is full",
      { hasPrewarm: true, memoryFreeMb: 0 },
      "prewarm",
    ],
    [
      "short runs clear the queue sooner than a start would",
      { warmPlaces: 1, recentRunMs: 0.5, waiting: 60 },
      "queue",
    ],
    [
      "and are sent ahead where a container takes that",
      { warmPlaces: 1, recentRunMs: 0.5, waiting: 60, placesAhead: 1 },
      "ahead",
    ],
    ["never ahead of long runs", { warmPlaces: 1, recentRunMs: 31, placesAhead: 1 }, "create"],
    ["long runs do not", { warmPlaces: 1, recentRunMs: 31 }, "create"],
    ["exactly as long as a start: wait", { warmPlaces: 1, recentRunMs: 30 }, "queue"],
    [
      "whoever waited longer than a start gets one",
      { warmPlaces: 1, recentRunMs: 0.5, waitedMs: 31 },
      "create",
    ],
  ];
  test.for(rows)("%s", ([, change, expected]) => {
    expect(plan({ ...cold, ...change })).toBe(expected);
  });
});
