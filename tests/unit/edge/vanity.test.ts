import { describe, expect, test } from "vitest";
import { vanityNamespace, vanityUrl } from "../../../src/edge/vanity.ts";
import { fc } from "../../helpers/property.ts";

describe("the namespace that a host name stands for", () => {
  test.for([
    ["guest.example.org", "guest"],
    ["guest.example.org:8443", "guest"],
    ["GUEST.Example.ORG", "guest"],
    ["guest.example.org.", "guest"],
    ["a-1.example.org", "a-1"],
    ["guest.localhost:443", "guest"],
    // The host itself, more than one label, letters that a host name does not have, another host.
    ["example.org", undefined],
    [".example.org", undefined],
    ["a.b.example.org", undefined],
    ["a_b.example.org", undefined],
    ["guest.example.com", undefined],
    ["guestexample.org", undefined],
    ["", undefined],
  ] as const)("%s", ([host, namespace]) => {
    expect(vanityNamespace(host, ["example.org", "localhost"])).toBe(namespace);
  });

  test("no host has one when no base is set", () => {
    expect(vanityNamespace("guest.example.org", [])).toBeUndefined();
  });
});

describe("where it leads", () => {
  test.for([
    ["/", "/api/v1/web/guest/public/index.html"],
    ["/?a=b", "/api/v1/web/guest/public/index.html?a=b"],
    ["/demo/hello", "/api/v1/web/guest/demo/hello"],
    ["/demo/hello.http?name=A%20B", "/api/v1/web/guest/demo/hello.http?name=A%20B"],
    ["/default/a.json/x/y?q=/", "/api/v1/web/guest/default/a.json/x/y?q=/"],
    // The rest of the API is not there: this is an action of that name.
    ["/api/v1/namespaces", "/api/v1/web/guest/api/v1/namespaces"],
  ] as const)("%s", ([url, target]) => {
    expect(vanityUrl("guest", url)).toBe(target);
  });
});

test("no host and no path lead out of the namespace's own web actions", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (host, rest) => {
      const namespace = vanityNamespace(`${host}.example.org`, ["example.org"]);
      if (namespace === undefined) return;
      expect(namespace).toMatch(/^[0-9a-z-]+$/);
      expect(vanityUrl(namespace, `/${rest}`)).toMatch(/^\/api\/v1\/web\/[0-9a-z-]+/);
    }),
  );
});
