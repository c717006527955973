import { describe, expect, test } from "vitest";
import { exposureProblem } from "../../../src/config/exposure.ts";
import { load, problemsOf } from "./helpers.ts";

describe("lists", () => {
  test("are texts joined by commas", async () => {
    const flags = { "edge.trusted_proxies": "10.0.0.0/8, fd00::/8,192.0.2.1" };
    const { config } = await load({ flags });
    expect(config.edge.trustedProxies).toEqual(["10.0.0.0/8", "fd00::/8", "192.0.2.1"]);
  });

  test("are empty for an empty text, and by default", async () => {
    const { config } = await load({ flags: { "edge.vanity_hosts": "" } });
    expect(config.edge).toEqual({ vanityHosts: [], trustedProxies: [] });
  });

  test.for(["10.0.0.0/33", "fd00::/129", "10.0.0.0/", "10.0.0.0/8/8", "example.org", "/8"])(
    "a network is not %s",
    async (text) => {
      const [problem] = await problemsOf({ flags: { "edge.trusted_proxies": text } });
      expect(problem).toContain("is not an IP address or a network such as 10.0.0.0/8");
    },
  );

  test("every wrong item is told", async () => {
    const problems = await problemsOf({ flags: { "edge.vanity_hosts": "a_b,good.org,-x" } });
    expect(problems).toEqual([
      expect.stringMatching(/"a_b" is not a host name/),
      expect.stringMatching(/"-x" is not a host name/),
    ]);
  });
});

describe("HTTPS", () => {
  test("listens where the API does unless told otherwise", async () => {
    const { config } = await load({ flags: { "api.host": "::1" } });
    expect(config.tls).toMatchObject({ port: "off", host: "::1", cert: "self-signed" });
    const other = await load({ flags: { "api.host": "::1", "tls.host": "127.0.0.1" } });
    expect(other.config.tls.host).toBe("127.0.0.1");
  });

  test("a certificate and its key go together", async () => {
    const problem = "tls.cert and tls.key go together: give both or none";
    expect(await problemsOf({ flags: { "tls.cert": "/c.pem" } })).toEqual([problem]);
    expect(await problemsOf({ flags: { "tls.key": "/k.pem" } })).toEqual([problem]);
    expect(await problemsOf({ flags: { "tls.cert": "/c.pem", "tls.key": "/k.pem" } })).toEqual([]);
  });

  test("a redirect needs where to lead", async () => {
    expect(await problemsOf({ flags: { "tls.redirect_port": "80" } })).toEqual([
      "tls.redirect_port leads to the HTTPS listener, which needs tls.port",
    ]);
    expect(await problemsOf({ flags: { "tls.redirect_port": "80", "tls.port": "443" } })).toEqual(
      [],
    );
  });

  test("weak isolation keeps it on this machine as well", async () => {
    const flags = { isolation: "none", "tls.port": "443", "tls.host": "0.0.0.0" };
    expect(await problemsOf({ flags })).toEqual([
      exposureProblem(["127.0.0.1", "0.0.0.0"], "none"),
    ]);
    expect(await problemsOf({ flags: { ...flags, "tls.port": "off" } })).toEqual([]);
  });
});
