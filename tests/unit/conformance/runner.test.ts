// biome-ignore-all lint/suspicious/noThenProperty: a member of case files, never awaited
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { parseCase } from "../../conformance/case.ts";
import { runCase, type Stage } from "../../conformance/runner.ts";
import { makeIdentity } from "../../helpers/identities.ts";

type Seen = { method: string; url: string; headers: IncomingMessage["headers"]; body: string };
type Script = (seen: Seen, nth: number) => { status: number; body?: unknown; headers?: object };

/** Plays a case against a server that answers as `script` says; returns its error and requests. */
async function play(one: object, script: Script): Promise<{ error: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part as Buffer);
    const { method = "", url = "", headers } = incoming;
    seen.push({ method, url, headers, body: Buffer.concat(parts).toString() });
    const { status, body, headers: more } = script(seen.at(-1) as Seen, seen.length);
    outgoing.writeHead(status, { "content-type": "application/json", ...more });
    outgoing.end(JSON.stringify(body));
  };
  const server = createServer((incoming, outgoing) => void answer(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stage: Stage = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    auth: "me:secret",
    namespace: "mine",
    subject: "me",
    suffix: "-1",
    unique: "abc123",
    other: makeIdentity("somebody"),
  };
  const text = JSON.stringify({ title: "t", ref: "r", ...one });
  const error = await runCase(parseCase(text), stage).then(
    () => "",
    (reason: Error) => reason.message,
  );
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return { error, seen };
}

test("sends what the case says, with names made unique", async () => {
  const { error, seen } = await play(
    {
      given: [{ action: "hello", code: "x", main: "go", limits: { memory: 128 } }],
      request: {
        method: "POST",
        path: "/namespaces/{{ns}}/actions/{{hello}}",
        body: { a: 1 },
        headers: { "x-request-id": "tid" },
      },
      expect: { status: 200 },
    },
    () => ({ status: 200 }),
  );
  expect(error).toBe("");
  expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
    "PUT /api/v1/namespaces/_/actions/hello-1",
    "POST /api/v1/namespaces/mine/actions/hello-1",
  ]);
  expect(JSON.parse(seen[0]?.body ?? "")).toEqual({
    exec: { kind: "nodejs:default", code: "x", main: "go" },
    limits: { memory: 128 },
  });
  expect(seen[1]).toMatchObject({
    body: '{"a":1}',
    headers: {
      authorization: `Basic ${Buffer.from("me:secret").toString("base64")}`,
      "content-type": "application/json",
      "x-request-id": "tid",
    },
  });
});

test("raw bodies carry no content type, and credentials may be left out", async () => {
  const { seen } = await play(
    {
      request: { method: "PUT", path: "/x", rawBody: "{", auth: "none" },
      expect: { status: 200 },
    },
    () => ({ status: 200 }),
  );
  expect(seen[0]?.body).toBe("{");
  expect(seen[0]?.headers["content-type"]).toBeUndefined();
  expect(seen[0]?.headers.authorization).toBeUndefined();
});

test("an answer that differs fails with where, what and the answer", async () => {
  const { error } = await play(
    { request: { path: "/x" }, expect: { status: 200, body: { a: 1 } } },
    () => ({ status: 500, body: { a: 2 } }),
  );
  expect(error).toContain("status: expected 200, but is 500");
  expect(error).toContain("body.a: expected 1, but is 2");
  expect(error).toContain('answered 500: {"a":2}');
});

test.for<[object, string]>([
  [{ error: "no", code: "t" }, ""],
  [{ error: "no", code: "other" }, 'body.code: expected "t"'],
  [{ error: "yes", code: "t" }, 'body.error: expected "no"'],
  [{ error: "no", code: "t", more: 1 }, "body.more: not expected"],
])("an error body has the text and the transaction id: %j", async ([body, problem]) => {
  const { error } = await play(
    { request: { path: "/x" }, expect: { status: 404, error: "no" } },
    () => ({ status: 404, body, headers: { "x-request-id": "t" } }),
  );
  if (problem === "") expect(error).toBe("");
  else expect(error).toContain(problem);
});

test("captured values serve later steps, which may ask until the answer fits", async () => {
  const { error, seen } = await play(
    {
      request: { method: "POST", path: "/x" },
      expect: { status: 202 },
      capture: { id: "body.activationId", tid: "headers.x-request-id" },
      then: [
        { request: { path: "/a/{{id}}/{{tid}}" }, until: 5_000, expect: { status: 200 } },
        { request: { path: "/b" }, expect: { status: 404 } },
      ],
    },
    ({ url }, nth) => {
      if (url === "/x") {
        return { status: 202, body: { activationId: "i" }, headers: { "x-request-id": "t" } };
      }
      return { status: url === "/a/i/t" && nth > 3 ? 200 : 404 };
    },
  );
  expect(error).toBe("");
  expect(seen.map(({ url }) => url)).toEqual(["/x", "/a/i/t", "/a/i/t", "/a/i/t", "/b"]);
});

test("polling ends with the last difference", async () => {
  const { error } = await play(
    { request: { path: "/x" }, until: 120, expect: { status: 200 } },
    () => ({ status: 404 }),
  );
  expect(error).toContain("status: expected 200, but is 404");
});

test.for<[number, string]>([
  [5, ""],
  [6, "status: expected 429, but is 200"],
])("a burst of five ends at the first answer that fits: the %dth", async ([fits, problem]) => {
  const { error } = await play(
    { request: { path: "/x" }, attempts: 5, expect: { status: 429 } },
    (_, nth) => ({ status: nth >= fits ? 429 : 200 }),
  );
  if (problem === "") expect(error).toBe("");
  else expect(error).toContain(problem);
});

test.for<[string, Script, string]>([
  ["both sorts", (_, nth) => ({ status: nth === 1 ? 429 : 200 }), ""],
  ["one sort only", () => ({ status: 200 }), "no answer was as `or` says"],
  ["the other sort only", () => ({ status: 429 }), "none of 4 answers"],
  ["a third sort", (_, nth) => ({ status: [200, 429, 500, 200][nth - 1] ?? 0 }), "but is 500"],
])("requests at once, answered by %s", async ([, script, problem]) => {
  const { error } = await play(
    {
      request: { path: "/x" },
      parallel: 4,
      expect: { status: 200 },
      or: { status: 429 },
    },
    script,
  );
  if (problem === "") expect(error).toBe("");
  else expect(error).toContain(problem);
});
