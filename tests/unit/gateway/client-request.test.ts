import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ClientRequest, LINGER_MS } from "../../../src/gateway/client-request.ts";
import { requestHead } from "../../helpers/request-head.ts";

function requestWith(source: PassThrough): ClientRequest {
  return new ClientRequest(requestHead(), source);
}

describe("a body that goes on after its answer", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  test("is read for half a minute, then broken off", () => {
    const source = new PassThrough();
    requestWith(source).drop();
    vi.advanceTimersByTime(LINGER_MS - 1);
    expect(source.destroyed).toBe(false);
    vi.advanceTimersByTime(1);
    expect(source.destroyed).toBe(true);
  });

  test("leaves no clock behind when it ends", async () => {
    const source = new PassThrough();
    source.pause();
    requestWith(source).drop();
    expect(vi.getTimerCount()).toBe(1);
    const ended = new Promise((resolve) => source.once("end", resolve));
    source.end("abc");
    await ended;
    expect(vi.getTimerCount()).toBe(0);
  });
});

test("a body is looked at twice, the second time further, and then read as a whole", async () => {
  const source = new PassThrough();
  const request = requestWith(source);
  source.write("abc");
  source.write("def");
  source.end("ghi");
  expect((await request.peekBody(2)).isWhole).toBe(false);
  expect(request.knownBody?.toString()).toMatch(/^abc/);
  const further = await request.peekBody(5);
  expect([further.isWhole, further.bytes.toString().startsWith("abcdef")]).toEqual([false, true]);
  expect(request.body).toBeUndefined();
  expect((await request.readBody()).toString()).toBe("abcdefghi");
  expect((await request.peekBody(1)).isWhole).toBe(true);
});
