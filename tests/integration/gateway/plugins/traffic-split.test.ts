import { afterAll, beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import {
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from "../../../helpers/gateway.ts";

let gateway: TestGateway;
let own: TestUpstream;
let canary: TestUpstream;

beforeAll(async () => {
  gateway = await startGateway();
  own = await startUpstream((_, response) => response.end("own"));
  canary = await startUpstream(({ headers }, response) => response.end(`canary ${headers.host}`));
  await gateway.put("/upstreams/7", { ...canary.upstream, pass_host: "node" });
});

afterAll(async () => {
  for (const one of [gateway, own, canary]) await one[Symbol.asyncDispose]();
});

async function ask(rules: readonly JsonObject[], count: number, path = "/a"): Promise<string[]> {
  await gateway.put("/routes/1", {
    uri: "/*",
    plugins: { "traffic-split": { rules: [...rules] } },
    upstream: own.upstream,
  });
  const texts: string[] = [];
  for (let at = 0; at < count; at++) texts.push((await gateway.send(path)).text);
  return texts;
}

const toCanary = (): JsonObject => ({ upstream: canary.upstream, weight: 1 });

test("by weight, the route's own among them", async () => {
  const texts = await ask([{ weighted_upstreams: [toCanary(), { weight: 3 }] }], 8);
  expect(texts.filter((text) => text === "own").length).toBe(6);
});

test("by id, as a text or a number; the upstream's own pass_host", async () => {
  for (const id of ["7", 7]) {
    const texts = await ask([{ weighted_upstreams: [{ upstream_id: id }] }], 1);
    expect(texts).toEqual([`canary ${canary.address}`]);
  }
});

test("an id that is unknown", async () => {
  await ask([{ weighted_upstreams: [{ upstream_id: "none" }] }], 0);
  const answer = await gateway.send("/a");
  expect([answer.status, answer.text]).toEqual([
    500,
    "failed to fetch upstream info by upstream id: none",
  ]);
});

test("conditions: one match of the first rule that has one", async () => {
  const rules = [
    {
      match: [{ vars: [["arg_a", "==", "1"]] }, { vars: [["arg_b", "==", "1"]] }],
      weighted_upstreams: [toCanary()],
    },
    { match: [{ vars: [["arg_c", "==", "1"]] }], weighted_upstreams: [{ weight: 1 }] },
  ];
  const texts = [];
  for (const query of ["a=1", "b=1", "c=1", "d=1"]) {
    texts.push(((await ask(rules, 1, `/x?${query}`))[0] ?? "").split(" ")[0]);
  }
  expect(texts).toEqual(["canary", "canary", "own", "own"]);
});

test("weight 0 never has its turn", async () => {
  const texts = await ask(
    [{ weighted_upstreams: [{ ...toCanary(), weight: 0 }, { weight: 1 }] }],
    5,
  );
  expect(new Set(texts)).toEqual(new Set(["own"]));
});

test("a rule of nothing sends all to the route's own", async () => {
  expect(await ask([{}], 1)).toEqual(["own"]);
});
