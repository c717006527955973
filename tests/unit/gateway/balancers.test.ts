import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/core/documents.ts";
import { type Node, parseUpstream } from "../../../src/gateway/upstream/conf.ts";
import { createEwma } from "../../../src/gateway/upstream/ewma.ts";
import { createPicker } from "../../../src/gateway/upstream/pickers.ts";

const NONE: ReadonlySet<Node> = new Set();
const unset = (): undefined => undefined;

function pickerOf(raw: JsonObject) {
  const conf = parseUpstream(raw);
  const picker = createPicker(conf, conf.nodes);
  if (picker === undefined) throw new Error("no picker");
  return { conf, pick: picker.pick.bind(picker) };
}

/** Hosts in the order in which they are picked. */
function sequence(raw: JsonObject, count: number): string {
  const { pick } = pickerOf(raw);
  return Array.from({ length: count }, () => pick(unset, NONE)?.node.host ?? "-").join("");
}

describe("roundrobin", () => {
  test.each<[JsonObject, string]>([
    [{ a: 1, b: 1 }, "ababab"],
    [{ a: 5, b: 1, c: 1 }, "aabacaa"],
    [{ a: 1, b: 0 }, "aaaa"],
    [{ a: 0, b: 0 }, "abab"],
    [{}, "---"],
  ])("%j gives %s", (nodes, expected) => {
    expect(sequence({ nodes }, expected.length)).toBe(expected);
  });

  test("nodes that were tried are left out until none is left", () => {
    const { pick } = pickerOf({ nodes: { a: 1, b: 1 } });
    const tried = new Set<Node>();
    const seen: string[] = [];
    for (let next = pick(unset, tried); next !== undefined; next = pick(unset, tried)) {
      tried.add(next.node);
      seen.push(next.node.host);
    }
    expect(seen.sort()).toEqual(["a", "b"]);
  });
});

test("a lower priority comes only when all of the higher one have been tried", () => {
  const nodes = [
    { host: "a", port: 80, weight: 1, priority: 0 },
    { host: "b", port: 80, weight: 1, priority: 0 },
    { host: "backup", port: 80, weight: 1, priority: -1 },
  ];
  expect(sequence({ nodes }, 4)).toBe("abab");
  const { conf, pick } = pickerOf({ nodes });
  const tried = new Set(conf.nodes.slice(0, 2));
  expect(pick(unset, tried)?.node.host).toBe("backup");
});

describe("chash", () => {
  const nodes = { a: 1, b: 1, c: 2 };
  const chooser = (raw: JsonObject): ((name: string, value: string) => string) => {
    const { pick } = pickerOf({ type: "chash", nodes, ...raw });
    return (name, value) => {
      const lookup = (asked: string): string | undefined => (asked === name ? value : undefined);
      return pick(lookup, NONE)?.node.host ?? "-";
    };
  };

  test.each<[JsonObject, string]>([
    [{ key: "arg_device" }, "arg_device"],
    [{ hash_on: "header", key: "X-User" }, "http_x-user"],
    [{ hash_on: "cookie", key: "sid" }, "cookie_sid"],
    [{ hash_on: "consumer" }, "consumer_name"],
    [{ hash_on: "vars_combinations", key: "$host$arg_x" }, "arg_x"],
    [{ key: "arg_none" }, "remote_addr"],
  ])("%j goes by %s", (raw, name) => {
    const keys = Array.from({ length: 60 }, (_, at) => `key-${at}`);
    const choose = chooser(raw);
    const first = keys.map((key) => choose(name, key));
    expect(keys.map((key) => chooser(raw)(name, key))).toEqual(first);
    expect(new Set(first)).toEqual(new Set(["a", "b", "c"]));
  });

  test("keys that count up are shared out evenly, as by the original (t/node/chash-balance.t)", () => {
    const choose = chooser({
      key: "query_string",
      nodes: { "127.0.0.1:1980": 1, "127.0.0.2:1981": 1, "127.0.0.3:1982": 1 },
    });
    const counts = new Map<string, number>();
    for (let at = 1; at <= 180; at++) {
      const host = choose("query_string", `var=2&var2=${at}`);
      counts.set(host, (counts.get(host) ?? 0) + 1);
    }
    const sorted = [...counts.values()].sort((a, b) => b - a);
    expect(sorted).toHaveLength(3);
    expect(Number(sorted[0]) - Number(sorted[2])).toBeLessThanOrEqual(24);
  });

  test("a key goes where the original sends it (t/node/chash-hashon.t)", () => {
    const two = { "127.0.0.1:1980": 1, "127.0.0.1:1981": 1 };
    const { pick } = pickerOf({ type: "chash", hash_on: "consumer", nodes: two });
    const portOf = (name: string): number | undefined =>
      pick((asked) => (asked === "consumer_name" ? name : undefined), NONE)?.node.port;
    expect([portOf("jack"), portOf("tom")]).toEqual([1981, 1980]);
  });

  test("weights count, and a node that goes away only moves its own keys", () => {
    const keys = Array.from({ length: 4000 }, (_, at) => `key-${at}`);
    const choose = chooser({ key: "arg_x" });
    const all = keys.map((key) => choose("arg_x", key));
    const share = all.filter((host) => host === "c").length / keys.length;
    expect(share).toBeGreaterThan(0.4);
    expect(share).toBeLessThan(0.6);
    const without = chooser({ key: "arg_x", nodes: { a: 1, c: 2 } });
    const fewer = keys.map((key) => without("arg_x", key));
    for (const [at, host] of all.entries()) if (host !== "b") expect(fewer[at]).toBe(host);
  });
});

test("least_conn takes the node with the fewest open requests for its weight", () => {
  const { pick } = pickerOf({ type: "least_conn", nodes: { a: 2, b: 1 } });
  const picks = [1, 2, 3].map(() => pick(unset, NONE));
  expect(picks.map((one) => one?.node.host)).toEqual(["a", "a", "b"]);
  picks[2]?.done(1);
  expect(pick(unset, NONE)?.node.host).toBe("b");
});

test("ewma prefers the node that answered faster, and forgets", () => {
  const { nodes } = parseUpstream({ nodes: { a: 1, b: 1 } });
  let now = 0;
  const picker = createEwma(nodes, { now: () => now, random: () => 0 });
  const done = (host: string, ms: number): void => {
    const other = new Set(nodes.filter((node) => node.host !== host));
    const picked = picker.pick(unset, other);
    now += 1000;
    picked?.done(ms);
  };
  done("a", 500);
  done("b", 20);
  expect(picker.pick(unset, NONE)?.node.host).toBe("b");
  now += 200_000;
  done("b", 50);
  expect(picker.pick(unset, NONE)?.node.host).toBe("a");
});

test("ewma counts the first answer of a node as a whole (t/node/ewma.t)", () => {
  const { nodes } = parseUpstream({ nodes: { a: 1, b: 1 } });
  let now = 5;
  const picker = createEwma(nodes, { now: () => now, random: () => 0 });
  const hosts = Array.from({ length: 12 }, () => {
    const picked = picker.pick(unset, NONE);
    const ms = picked?.node.host === "a" ? 200 : 100;
    now += ms;
    picked?.done(ms);
    return picked?.node.host;
  });
  expect(hosts.filter((host) => host === "a")).toHaveLength(1);
});

test("an unknown type has no picker", () => {
  const conf = parseUpstream({ type: "other", nodes: { a: 1 } });
  expect(createPicker(conf, conf.nodes)).toBeUndefined();
});
