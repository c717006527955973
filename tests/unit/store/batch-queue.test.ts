import { expect, test } from "vitest";
import { BatchQueue } from "../../../src/store/sqlite/batch-queue.ts";
import type { ToWorker } from "../../../src/store/sqlite/protocol.ts";
import type { AcceptedInvocation, ActivationRow } from "../../../src/store/store.ts";

const activationId = "0123456789abcdef0123456789abcdef";
const invocation: AcceptedInvocation = { activationId, accepted: 1, started: false, message: "{}" };
const row: ActivationRow = {
  activationId,
  namespace: "guest",
  filterName: "hello",
  start: 1,
  document: "{}",
  accepted: true,
};

function setUp() {
  const posted: ToWorker[] = [];
  const queue = new BatchQueue({
    delayMs: 1000,
    bytesMax: 1 << 26,
    logger: () => undefined,
    post: (message) => posted.push(message),
  });
  queue.open();
  /** What the worker is told, in order. */
  const order = () =>
    posted.flatMap((message) => {
      if (message.kind !== "batch") return [message.kind];
      return [
        ...(message.changes.length > 0 ? ["changes"] : []),
        ...(message.rows === undefined ? [] : ["rows"]),
      ];
    });
  return { queue, order };
}

// The record's transaction removes the accept record: told the other way round, that one would stay
// behind, and the next start would run the activation again.
test("an accept record goes before the activation record of the same turn", () => {
  const { queue, order } = setUp();
  void queue.change({ change: "put", invocation });
  queue.put(row);
  queue.postAll();
  expect(order()).toEqual(["changes", "rows"]);
});

test("also when the batch is full within the turn", () => {
  const { queue, order } = setUp();
  void queue.change({ change: "put", invocation });
  queue.put(row);
  queue.put({ ...row, document: JSON.stringify("x".repeat(1 << 22)) });
  expect(order()).toEqual(["changes", "rows"]);
});
