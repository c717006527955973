import { expect, test } from "vitest";
import type { LocalInvoke, LocalRequest } from "../../../src/core/local-invoke.ts";
import { HeaderList } from "../../../src/gateway/header-list.ts";
import type { HttpAnswer, HttpCall, LocalCall } from "../../../src/gateway/http-call.ts";
import { createLocalCall } from "../../../src/gateway/local-api.ts";
import { apiOrigins } from "../../../src/platform/api-origins.ts";

const origins = new Set(["http://127.0.0.1:3233", "http://localhost:3233"]);
const reply = { status: 200, headers: () => ["X-A", "b"], body: "é" };

function answering(requests: LocalRequest[] = []): LocalInvoke {
  return (request, answer) => {
    requests.push(request);
    answer(reply);
    return true;
  };
}

/** As the HTTP client calls it; undefined: it is left to the network. */
function ask(local: LocalCall, call: HttpCall): Promise<HttpAnswer> | undefined {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  return local(call, resolve, reject) ? promise : undefined;
}

test("a call of an own origin gives path, body and three headers", async () => {
  const requests: LocalRequest[] = [];
  const call = createLocalCall(origins, answering(requests));
  const headers = HeaderList.from({ Authorization: "Basic x", "Content-Type": "t", Other: "o" });
  const answer = await ask(call, {
    method: "POST",
    url: "http://LOCALHOST:3233/a?b=c",
    headers,
    body: "d",
  });
  expect(requests).toEqual([
    {
      url: "/a?b=c",
      authorization: "Basic x",
      contentType: "t",
      requestId: undefined,
      body: Buffer.from("d"),
    },
  ]);
  expect([answer?.status, await answer?.text(), answer?.headers.get("x-a")]).toEqual([
    200,
    "é",
    "b",
  ]);
  expect(await answer?.bytes(2)).toEqual(Buffer.from("é"));
  expect(() => answer?.text(1)).toThrow("exceeded");
  const parts: Buffer[] = [];
  for await (const part of answer?.body ?? []) parts.push(part as Buffer);
  expect(Buffer.concat(parts).toString()).toBe("é");
});

test.for([
  ["another origin", { method: "POST", url: "http://127.0.0.1:3234/a" }],
  ["another scheme", { method: "POST", url: "https://127.0.0.1:3233/a" }],
  ["no path", { method: "POST", url: "http://127.0.0.1:3233" }],
  ["another method", { method: "GET", url: "http://127.0.0.1:3233/a" }],
  ["a longer host", { method: "POST", url: "http://127.0.0.1:3233.example.org/a" }],
] as const)("%s is left to the network", ([, call]) => {
  expect(ask(createLocalCall(origins, answering()), call)).toBeUndefined();
});

test("what is no action is left to the network", () => {
  const call = createLocalCall(origins, () => false);
  expect(ask(call, { method: "POST", url: "http://127.0.0.1:3233/a" })).toBeUndefined();
});

test("rejects when the time is over", async () => {
  const call = createLocalCall(origins, () => true);
  const url = "http://127.0.0.1:3233/a?blocking=true&timeout=60000";
  await expect(ask(call, { method: "POST", url, timeoutMs: 1 })).rejects.toThrow("timeout");
});

test("origins are those under which the API is reached", () => {
  expect([...apiOrigins("127.0.0.1", 3233)]).toEqual([
    "http://localhost:3233",
    "http://127.0.0.1:3233",
  ]);
  expect([...apiOrigins("::1", 80)]).toEqual(["http://[::1]:80", "http://[::1]"]);
  expect([...apiOrigins("Example.org", 1)]).toEqual(["http://example.org:1"]);
  expect([...apiOrigins("0.0.0.0", 3233)]).toContain("http://127.0.0.1:3233");
});
