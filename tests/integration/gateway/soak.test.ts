/** The short form of tests/nightly/gateway.test.ts, and as many idle connections as may be. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import { EXPECTED, soak } from "../../helpers/gateway-soak.ts";
import { request } from "../../helpers/http.ts";
import { startPlatform, urlOf } from "../../helpers/platform.ts";

test("nodes that fail: right statuses, no connection left", async () => {
  await using platform = await startPlatform({ gateway: true });
  const { statuses, requests, open } = await soak(platform, { seconds: 5 });
  expect(requests).toBeGreaterThan(100);
  const seen = Object.keys(EXPECTED).map((path) => [path, [...(statuses.get(path)?.keys() ?? [])]]);
  const expected = Object.entries(EXPECTED).map(([path, status]) => [path, [status]]);
  expect(seen).toEqual(expected);
  expect(open.after).toBeLessThanOrEqual(open.before);
});

const WANTED = 10_000;
/** Descriptors that the test and the program need for other things. */
const SPARE = 500;

/** Of this process; the program's is the same. */
function descriptorsMax(): number {
  const line = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync("/proc/self/limits", "utf8"));
  return line?.[1] === "unlimited" ? Number.POSITIVE_INFINITY : Number(line?.[1] ?? 1024);
}

test("ten thousand idle connections are held while others are served", {
  timeout: 120_000,
}, async () => {
  const count = Math.min(WANTED, descriptorsMax() - SPARE);
  await using platform = await startPlatform({ gateway: true });
  const url = urlOf(platform, "gateway");
  const port = Number(new URL(url).port);
  const sockets: Socket[] = [];
  let closed = 0;
  try {
    while (sockets.length < count) {
      const wave = Array.from({ length: Math.min(200, count - sockets.length) }, () => {
        const socket = connect(port, "127.0.0.1").setNoDelay();
        socket.on("error", () => undefined).on("close", () => closed++);
        socket.write("GET /none HTTP/1.1\r\nHost: x\r\n\r\n");
        return socket;
      });
      // Each has had an answer, and is kept for the next request.
      await Promise.all(wave.map((socket) => once(socket, "data")));
      sockets.push(...wave);
    }
    expect((await request(url, { path: "/none" })).status).toBe(404);
    expect(closed).toBe(0);
    for (let at = 0; at < count; at += Math.ceil(count / 100)) {
      const socket = sockets[at];
      socket?.write("GET /none HTTP/1.1\r\nHost: x\r\n\r\n");
      if (socket !== undefined) expect(String((await once(socket, "data"))[0])).toContain(" 404 ");
    }
    expect(sockets).toHaveLength(count);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
  expect((await request(url, { path: "/none" })).status).toBe(404);
});
