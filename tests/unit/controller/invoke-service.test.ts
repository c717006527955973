/** What the service counts for metrics. */
import { expect, test } from "vitest";
import type { InvokeHandler } from "../../../src/controller/service/invocation.ts";
import { InvokeService } from "../../../src/controller/service/invoke.ts";
import { ConcurrencyThrottle } from "../../../src/controller/throttle.ts";
import { makeJob } from "../../helpers/jobs.ts";

test("callers of compositions wait as those of other actions do", () => {
  const handlers: InvokeHandler[] = [];
  const bus = {
    hasRoom: () => true,
    send: () => expect.unreachable(),
    post: () => expect.unreachable(),
  };
  const service = new InvokeService(bus, new ConcurrencyThrottle(), () => ({
    running: 0,
    start: (_, done) => void handlers.push(done),
    resume: () => expect.unreachable(),
    quiet: () => expect.unreachable(),
  }));
  const { message, action } = makeJob();
  const request = {
    transid: message.transid,
    identity: message.user,
    action: { ...action, isConductor: true },
    content: "{}",
    waitMs: 1000,
  };
  const outcomes: string[] = [];
  const done: InvokeHandler = ({ type }) => outcomes.push(type);
  service.invoke({ ...request, blocking: true }, done);
  service.invoke({ ...request, blocking: false }, done);
  expect([service.waiting, service.counts]).toEqual([1, { blocking: 1, nonBlocking: 1 }]);
  for (const handler of handlers) handler({ type: "accepted", activationId: "a" });
  expect([service.waiting, outcomes]).toEqual([0, ["accepted", "accepted"]]);
});
