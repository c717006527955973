import { expect, test } from "vitest";
import { EventStream } from "../../../src/lib/event-stream.ts";
import { waitFor } from "../../helpers/wait-for.ts";

function setUp(lengthMax: number) {
  const seen: number[][] = [];
  const stream = new EventStream<number>({
    consumers: [(events) => void seen.push([...events])],
    lengthMax,
  });
  return { stream, seen };
}

test("events of one turn come together, later, in their order", async () => {
  const { stream, seen } = setUp(10);
  for (const event of [1, 2, 3]) stream.publish(event);
  expect(seen).toEqual([]);
  await waitFor("the events", () => seen.length > 0);
  stream.publish(4);
  stream.deliver();
  expect(seen).toEqual([[1, 2, 3], [4]]);
  expect(stream.counts).toEqual({ published: 4, dropped: 0 });
});

test("as many as fit are kept; one more drops the older half, and counts it", () => {
  const { stream, seen } = setUp(4);
  for (const event of [1, 2, 3, 4]) stream.publish(event);
  expect(stream.counts.dropped).toBe(0);
  stream.publish(5);
  stream.deliver();
  expect(seen).toEqual([[3, 4, 5]]);
  expect(stream.counts).toEqual({ published: 5, dropped: 2 });
});
