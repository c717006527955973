import { expect, test, vi } from "vitest";
import { AWAKE_MS, AwakeWait } from "../../../src/container/awake-wait.ts";

/** One call alone that takes `ms`. */
function lone(wait: AwakeWait, ms: number): void {
  wait.begun();
  wait.sent();
  vi.advanceTimersByTime(ms);
  wait.ended();
}

/** A wait that has seen quick calls; time stands still but for what the test lets pass. */
function quick(): AwakeWait {
  vi.useFakeTimers({ toFake: ["performance"] });
  const wait = new AwakeWait();
  for (let i = 0; i < 50; i += 1) lone(wait, 0);
  return wait;
}

/** Lets the event loop turn. */
const turns = async () => {
  for (let i = 0; i < 5; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

test("a lone quick call is waited for awake, until it ends", async () => {
  const wait = quick();
  await turns();
  wait.begun();
  wait.sent();
  await turns();
  expect(wait.isTurning).toBe(true);
  wait.ended();
  await turns();
  expect(wait.isTurning).toBe(false);
  vi.useRealTimers();
});

test("and no longer than its time", async () => {
  const wait = quick();
  wait.begun();
  wait.sent();
  vi.advanceTimersByTime(AWAKE_MS * 2);
  await turns();
  expect(wait.isTurning).toBe(false);
  vi.useRealTimers();
});

test("not where calls are slow, nor where several are out, nor before one was quick", async () => {
  const fresh = new AwakeWait();
  fresh.begun();
  fresh.sent();
  expect(fresh.isTurning).toBe(false);

  const slow = quick();
  for (let i = 0; i < 50; i += 1) lone(slow, 5);
  await turns();
  slow.begun();
  slow.sent();
  expect(slow.isTurning).toBe(false);

  const busy = quick();
  await turns();
  busy.begun();
  busy.begun();
  busy.sent();
  expect(busy.isTurning).toBe(false);
  vi.useRealTimers();
});
