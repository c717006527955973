import { expect, test } from "vitest";
import { Fifo } from "../../../src/lib/fifo.ts";
import { fc } from "../../helpers/property.ts";

test("behaves as an array does, over any run of pushes and shifts", () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer()), { maxLength: 5000 }), (steps) => {
      const fifo = new Fifo<number>();
      const model: number[] = [];
      for (const step of steps) {
        if (step === null) expect(fifo.shift()).toBe(model.shift());
        else model.push(fifo.push(step) ?? step);
        expect(fifo.length).toBe(model.length);
        expect(fifo.peek()).toBe(model[0]);
      }
    }),
    { numRuns: 30 },
  );
});

test("keeps its order when thousands are taken while thousands wait", () => {
  const fifo = new Fifo<number>();
  for (let i = 0; i < 5000; i += 1) fifo.push(i);
  for (let i = 0; i < 5000; i += 1) expect(fifo.shift()).toBe(i);
  expect(fifo.shift()).toBeUndefined();
});
