/**
 * Whatever bytes come, in whatever pieces: nothing that a stranger sends to any listener ends the
 * program, or is an error in its log.
 */
import { connect } from "node:net";
import { expect, test } from "vitest";
import { guestKey } from "../helpers/identities.ts";
import { startPlatform } from "../helpers/platform.ts";
import { fc } from "../helpers/property.ts";
import { waitFor } from "../helpers/wait-for.ts";

const MESSAGES = 3000;
const AT_ONCE = 16;
/** The next sixteen do not wait for answers that never come, milliseconds. */
const LINGER_MS = 30;
const LISTENERS = 6;

const methods = fc.constantFrom(
  "GET",
  "POST",
  "PUT",
  "DELETE",
  "HEAD",
  "OPTIONS",
  "CONNECT",
  "get",
);
const paths = fc.constantFrom(
  ...["/ws", "/slow", "/none", "/", "*", "//slow", "/%00", "/..%2f", "http://x/slow"],
  ...["/apisix/admin/routes", "/apisix/admin/routes/7", "/apisix/status", "/v1/schema"],
  ...["/api/v1/namespaces", "/api/v1/namespaces/_/actions/x?blocking=true", "/metrics"],
  ...["/api/v1/web/guest/default/x.http", "/api/v1/namespaces/_/packages?limit=x", "/ping"],
);
const fields = fc.constantFrom(
  ...["Content-Length: 5", "Content-Length: 0", "Content-Length: 5,5", "Content-Length: x"],
  ...["Transfer-Encoding: chunked", "Transfer-Encoding: gzip", "TE: trailers", "Trailer: X-T"],
  ...["Connection: Upgrade", "Connection: close", "Connection: keep-alive, X-A", "X-A: \xff\x80"],
  ...["Upgrade: websocket", "Upgrade: h2c", "Expect: 100-continue", "Expect: x", "Cookie: a; =;"],
  ...["Content-Type: application/json", "Content-Type: multipart/form-data; boundary=b"],
  ...["Host: a", "Host: b", "Authorization: Basic !", `Authorization: Basic ${btoa(guestKey)}`],
  ...["X-API-KEY: edd1c9f034335f136f87ad84b625c8f1", "Origin: http://other", "Range: bytes=0-"],
);
const bodies = fc.constantFrom(
  ...[
    "",
    "hello",
    "5\r\nhello\r\n0\r\n\r\n",
    "5\r\nhel",
    '{"a":1}',
    "0\r\nX-T: 1\r\n\r\n",
    "\x00\xff",
  ],
  '{"uri":"/z","plugins":{"mocking":{}}}',
);
const message = fc
  .tuple(
    methods,
    paths,
    fc.constantFrom("1.1", "1.0", "2.0"),
    fc.array(fields, { maxLength: 6 }),
    bodies,
  )
  .map(([method, path, version, list, body]) => {
    const lines = [`${method} ${path} HTTP/${version}`, "Host: localhost", ...list];
    return `${lines.join("\r\n")}\r\n\r\n${body}`;
  });
/** As it is, cut off, with one byte changed, or with its end twice. */
const spoilt = fc
  .tuple(message, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(9))
  .map(([text, share, kind]) => {
    const at = Math.floor(share * text.length);
    if (kind === 0) return text.slice(0, at);
    if (kind === 1) return `${text.slice(0, at)}\x01${text.slice(at + 1)}`;
    return kind === 2 ? text + text.slice(at) : text;
  });
const attack = fc.record({
  listener: fc.nat(LISTENERS - 1),
  bytes: fc.array(spoilt, { minLength: 1, maxLength: 3 }).map((texts) => texts.join("")),
  /** Where the bytes are cut in two; undefined: they come at once. */
  cut: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
  ends: fc.boolean(),
});
type Attack = typeof attack extends fc.Arbitrary<infer One> ? One : never;

function send(port: number, { bytes, cut, ends }: Attack): Promise<void> {
  const all = Buffer.from(bytes, "latin1");
  const at = cut === undefined ? all.length : Math.floor(cut * all.length);
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const rest = (): void => {
      if (ends) socket.end(all.subarray(at));
      else socket.write(all.subarray(at));
    };
    socket.on("error", () => undefined).on("data", () => undefined);
    socket.on("close", () => resolve());
    socket.write(all.subarray(0, at), () => setImmediate(rest));
    setTimeout(() => socket.destroy(), LINGER_MS);
  });
}

test("nothing that comes to a listener ends the program", async () => {
  await using platform = await startPlatform({ gateway: true, apiGateway: true });
  const plain = () => platform.listeners.filter(({ role }) => !role.includes("tls"));
  await waitFor("all listeners", () => plain().length === LISTENERS);
  const admin = plain().find(({ role }) => role === "gateway-admin");
  const put = async (id: string, route: object): Promise<void> => {
    const answer = await fetch(`http://127.0.0.1:${admin?.port}/apisix/admin/routes/${id}`, {
      method: "PUT",
      headers: { "x-api-key": "edd1c9f034335f136f87ad84b625c8f1" },
      body: JSON.stringify(route),
    });
    expect(answer.status).toBe(201);
  };
  const delay = { "fault-injection": { delay: { duration: 0.02 } } };
  await put("slow", { uri: "/slow", plugins: { ...delay, mocking: { response_example: "s" } } });
  const nodes = { [`127.0.0.1:${new URL(platform.url).port}`]: 1 };
  await put("ws", { uri: "/ws", enable_websocket: true, plugins: delay, upstream: { nodes } });
  const attacks = fc.sample(attack, { seed: 4, numRuns: MESSAGES });
  const worker = async (): Promise<void> => {
    for (let next = attacks.pop(); next !== undefined; next = attacks.pop()) {
      await send(plain()[next.listener]?.port ?? 0, next);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  expect((await fetch(`${platform.url}/ping`)).status).toBe(200);
  const errors = platform
    .logs()
    .split("\n")
    .filter((line) => /"level":"?(?:error|fatal|50|60)/.test(line));
  expect(errors).toEqual([]);
  expect(await platform.stop()).toEqual({ code: 0, signal: null });
});
