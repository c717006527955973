import { IncomingMessage } from "node:http";
import { isIP, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { TrustedProxies } from "../../../src/edge/forwarded.ts";
import { fc } from "../../helpers/property.ts";

type Peer = { readonly address?: string; readonly encrypted?: true };

/** A request as Node.js makes it: the headers come of the raw ones. */
function request(headers: Readonly<Record<string, string>>, peer: Peer = {}): IncomingMessage {
  const { address = "10.0.0.1", encrypted } = peer;
  const socket = { remoteAddress: address, ...(encrypted && { encrypted }) };
  const message = new IncomingMessage(socket as unknown as Socket);
  message.rawHeaders = Object.entries(headers).flat();
  for (const [name, value] of Object.entries(headers)) message.headers[name.toLowerCase()] = value;
  return message;
}

const proxies = new TrustedProxies(["10.0.0.0/8", "192.0.2.1", "fd00::/8"]);
const forwarded = {
  Host: "inner:3233",
  "X-Forwarded-For": "203.0.113.9",
  "X-Forwarded-Host": "example.org",
  "X-Forwarded-Proto": "https",
};

describe("where a request comes from", () => {
  test("a trusted peer is believed", () => {
    expect(proxies.origin(request(forwarded))).toEqual({
      proto: "https",
      host: "example.org",
      client: "203.0.113.9",
    });
  });

  test.for(["11.0.0.1", "192.0.2.2", "::1", "fe80::1"])("%s is not", (address) => {
    expect(proxies.origin(request(forwarded, { address }))).toEqual({
      proto: "http",
      host: "inner:3233",
      client: address,
    });
  });

  test.for(["10.255.255.255", "192.0.2.1", "::ffff:10.1.2.3", "fd12::1"])("%s is", (address) => {
    expect(proxies.origin(request(forwarded, { address })).client).toBe("203.0.113.9");
  });

  test("without a list nobody is", () => {
    const nobody = new TrustedProxies([]);
    const own = { proto: "https", host: "inner:3233", client: "10.0.0.1" };
    expect(nobody.origin(request(forwarded, { encrypted: true }))).toEqual(own);
  });

  test.for([
    ["203.0.113.9, 10.0.0.7", "203.0.113.9"],
    // What stands left of the first stranger, the stranger made up.
    ["1.1.1.1, 203.0.113.9, 10.0.0.7", "203.0.113.9"],
    ["10.0.0.8, 10.0.0.7", "10.0.0.8"],
    ["203.0.113.9:5555", "203.0.113.9"],
    ["[2001:db8::1]:5555", "2001:db8::1"],
    ["unknown, 10.0.0.7", "10.0.0.7"],
    ["<script>", "10.0.0.1"],
    ["", "10.0.0.1"],
  ] as const)("X-Forwarded-For: %s", ([header, client]) => {
    expect(proxies.origin(request({ "X-Forwarded-For": header })).client).toBe(client);
  });

  test("of several protocols and hosts the last was written by the trusted peer", () => {
    const lists = { "X-Forwarded-Proto": "http, https", "X-Forwarded-Host": "evil, example.org" };
    const { proto, host } = proxies.origin(request(lists));
    expect({ proto, host }).toEqual({ proto: "https", host: "example.org" });
  });

  test("a protocol that is none is not taken over", () => {
    expect(proxies.origin(request({ "X-Forwarded-Proto": "javascript" })).proto).toBe("http");
  });
});

describe("what strangers say about others", () => {
  test("is taken off", () => {
    const message = request(forwarded, { address: "203.0.113.1" });
    proxies.clean(message);
    expect(message.rawHeaders).toEqual(["Host", "inner:3233"]);
    expect(message.headers).toEqual({ host: "inner:3233" });
  });

  test("stays when it comes from a trusted peer, or when there is no list", () => {
    for (const list of [proxies, new TrustedProxies([])]) {
      const message = request(forwarded);
      list.clean(message);
      expect(message.rawHeaders).toHaveLength(8);
    }
  });
});

test("whatever the headers say, an address, a protocol and a host come out", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), (chain, proto, host) => {
      const headers = { "X-Forwarded-For": chain, "X-Forwarded-Proto": proto };
      const origin = proxies.origin(request({ ...headers, "X-Forwarded-Host": host }));
      expect(isIP(origin.client)).not.toBe(0);
      expect(["http", "https"]).toContain(origin.proto);
      expect(origin.host).not.toContain(",");
    }),
  );
});
