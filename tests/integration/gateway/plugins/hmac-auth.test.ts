import { createHash, createHmac } from "node:crypto";
import { beforeAll, beforeEach, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import { sharedGateway } from "../../../helpers/shared-gateway.ts";

const NOW = Date.parse("2026-11-20T12:00:00Z");
const DATE = "Fri, 20 Nov 2026 12:00:00 GMT";

const { gateway, upstream } = await sharedGateway({ now: () => NOW });

beforeAll(async () => {
  const conf = { key_id: "my-key", secret_key: "my-secret" };
  await gateway.put("/consumers/jack", { username: "jack", plugins: { "hmac-auth": conf } });
  await gateway.put("/consumers/anonymous", { username: "anonymous" });
});

beforeEach(() => configure({}));

function configure(conf: JsonObject): Promise<void> {
  const plugins = { "hmac-auth": conf };
  return gateway.put("/routes/1", { uri: "/*", plugins, upstream: upstream.upstream });
}

type Signing = {
  readonly keyId?: string;
  readonly secret?: string;
  readonly algorithm?: string;
  readonly names?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
  readonly body?: string;
  /** Instead of the right header. */
  readonly authorization?: string | undefined;
};

/** Signs as the original's documentation tells, and sends. */
function send(signing: Signing = {}) {
  const { keyId = "my-key", secret = "my-secret", algorithm = "hmac-sha256" } = signing;
  const { names = ["@request-target", "date"], path = "/hello?x=1", body } = signing;
  const method = body === undefined ? "GET" : "POST";
  const headers: Record<string, string> = { date: DATE, ...signing.headers };
  const lines = names.flatMap((name) => {
    if (name === "@request-target") return `${method} ${path}`;
    const value = headers[name.toLowerCase()];
    return value === undefined ? [] : `${name}: ${value}`;
  });
  const text = `${[keyId, ...lines].join("\n")}\n`;
  const signature = createHmac(algorithm.slice(5), secret).update(text).digest("base64");
  const fields = `keyId="${keyId}",algorithm="${algorithm}",headers="${names.join(" ")}"`;
  const right = `Signature ${fields},signature="${signature}"`;
  const authorization = "authorization" in signing ? signing.authorization : right;
  if (authorization !== undefined) headers["authorization"] = authorization;
  return gateway.send(path, { method, headers, ...(body === undefined ? {} : { body }) });
}

test.each(["hmac-sha1", "hmac-sha256", "hmac-sha512"])("%s", async (algorithm) => {
  expect((await send({ algorithm })).status).toBe(200);
  expect(upstream.last().headers["x-consumer-username"]).toBe("jack");
  expect(upstream.last().headers["authorization"]).toMatch(/^Signature /);
});

test("headers of the client's choice are signed; one that is not there is skipped", async () => {
  const names = ["date", "x-custom", "x-none"];
  expect((await send({ names, headers: { "x-custom": "v" } })).status).toBe(200);
});

test.each<[string, Signing]>([
  ["another secret", { secret: "wrong" }],
  ["an unknown key", { keyId: "nobody" }],
  ["no date signed", { names: ["@request-target"] }],
  ["a clock that is too slow", { headers: { date: "Fri, 20 Nov 2026 11:54:59 GMT" } }],
  ["a clock that is too fast", { headers: { date: "Fri, 20 Nov 2026 12:05:01 GMT" } }],
  ["a date that is none", { headers: { date: "yesterday" } }],
  ["no fields", { authorization: "Signature" }],
  ["no algorithm", { authorization: 'Signature keyId="my-key",signature="eA=="' }],
  [
    "an unknown algorithm",
    { authorization: 'Signature keyId="my-key",algorithm="x",signature="eA==",headers="date"' },
  ],
])("%s: refused without a reason", async (_, signing) => {
  const before = upstream.received.length;
  const answer = await send(signing);
  expect(answer.status).toBe(401);
  expect(answer.text).toBe('{"message":"client request can\'t be validated"}\n');
  expect(answer.headers["www-authenticate"]).toBe('hmac realm="hmac"');
  expect(upstream.received.length).toBe(before);
});

test.each<[string | undefined, string]>([
  [undefined, "missing Authorization header"],
  ["Basic eA==", "Authorization header does not start with 'Signature'"],
])("%s: %s", async (authorization, reason) => {
  const answer = await send({ authorization });
  expect(answer.status).toBe(401);
  expect(answer.json).toEqual({ message: `client request can't be validated: ${reason}` });
});

test("a clock may be off by as much as configured", async () => {
  expect((await send({ headers: { date: "Fri, 20 Nov 2026 11:55:00 GMT" } })).status).toBe(200);
  await configure({ clock_skew: 1 });
  expect((await send({ headers: { date: "Fri, 20 Nov 2026 11:59:58 GMT" } })).status).toBe(401);
  expect((await send({ headers: { date: "Friday, 20-Nov-26 11:59:59 GMT" } })).status).toBe(200);
});

test("a signature of one target is none of another", async () => {
  await send();
  const { authorization = "", date = "" } = upstream.last().headers;
  const again = await gateway.send("/hello?x=2", { headers: { authorization, date } });
  expect(again.status).toBe(401);
});

test("algorithms and headers can be demanded", async () => {
  await configure({ allowed_algorithms: ["hmac-sha512"], signed_headers: ["x-must"] });
  const headers = { "x-must": "1" };
  const names = ["x-must"];
  expect((await send({ names, headers })).status).toBe(401);
  expect((await send({ algorithm: "hmac-sha512" })).status).toBe(401);
  expect((await send({ algorithm: "hmac-sha512", names, headers })).status).toBe(200);
});

test("the body is held against its digest", async () => {
  await configure({ validate_request_body: true, max_req_body_size: 10 });
  const digest = (body: string) => `SHA-256=${createHash("sha256").update(body).digest("base64")}`;
  expect((await send({ body: "data" })).status).toBe(401);
  expect((await send({ body: "data", headers: { digest: digest("other") } })).status).toBe(401);
  expect((await send({ body: "data", headers: { digest: digest("data") } })).status).toBe(200);
  expect(upstream.last().body).toBe("data");
  expect((await send({ headers: { digest: digest("") } })).status).toBe(200);
  const long = "12345678901";
  const answer = await send({ body: long, headers: { digest: digest(long) } });
  const message = "request size 11 is greater than the maximum size 10 allowed";
  expect([answer.status, answer.json]).toEqual([413, { message }]);
});

test("realm, hide_credentials and the anonymous consumer", async () => {
  await configure({ realm: "r", hide_credentials: true });
  expect((await send()).status).toBe(200);
  expect(upstream.last().headers["authorization"]).toBeUndefined();
  expect((await send({ secret: "x" })).headers["www-authenticate"]).toBe('hmac realm="r"');
  await configure({ anonymous_consumer: "anonymous" });
  expect((await send({ secret: "x" })).status).toBe(200);
  expect(upstream.last().headers["x-consumer-username"]).toBe("anonymous");
  await configure({ anonymous_consumer: "nobody" });
  expect((await send({ secret: "x" })).json).toEqual({ message: "Invalid user authorization" });
});
