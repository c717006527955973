/** Whatever a client sends in the places that plugins read, none of them fails or lets it in. */

import { beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import { fc } from "../../../helpers/property.ts";
import { sharedGateway } from "../../../helpers/shared-gateway.ts";

const REFUSED = [400, 401, 403, 413];
/** Each turns away everyone who does not know a secret. */
const PLUGINS: Readonly<Record<string, JsonObject>> = {
  "basic-auth": {},
  "consumer-restriction": { whitelist: ["jack"] },
  csrf: { key: "k" },
  "hmac-auth": { validate_request_body: true, max_req_body_size: 64 },
  "jwt-auth": { hide_credentials: true },
  "key-auth": { hide_credentials: true },
  "openid-connect": {
    client_id: "a",
    client_secret: "b",
    discovery: "http://127.0.0.1:1/",
    bearer_only: true,
    claim_validator: { issuer: { valid_issuers: ["i"] } },
    use_jwks: true,
  },
  "referer-restriction": { whitelist: ["only.example.org"] },
  "ua-restriction": { allowlist: ["^the only agent$"] },
};
const HEADERS = [
  "apikey",
  "authorization",
  "cookie",
  "date",
  "digest",
  "referer",
  "user-agent",
  "apisix-csrf-token",
  "x-access-token",
  "origin",
];
const STARTS = [
  "",
  "Basic ",
  "Bearer ",
  'Signature keyId="',
  "jwt=",
  "apisix-csrf-token=",
  "http://",
];

const { gateway, upstream } = await sharedGateway();

beforeAll(async () => {
  await gateway.put("/consumers/jack", {
    username: "jack",
    plugins: {
      "key-auth": { key: "a key that nobody guesses" },
      "basic-auth": { username: "jack", password: "a password that nobody guesses" },
      "jwt-auth": { key: "jack", secret: "a secret that nobody guesses" },
      "hmac-auth": { key_id: "jack", secret_key: "a secret that nobody guesses" },
    },
  });
  for (const [name, conf] of Object.entries(PLUGINS)) {
    const plugins = { cors: { allow_origins: "**", allow_headers: "**" }, [name]: conf };
    await gateway.put(`/routes/${name}`, {
      uri: `/${name}`,
      plugins,
      upstream: upstream.upstream,
    });
  }
});

/** What may stand in a header: every byte but controls. */
const value = fc
  .tuple(fc.constantFrom(...STARTS), fc.array(fc.integer({ min: 32, max: 255 }), { maxLength: 80 }))
  .map(([start, codes]) => {
    const rest = String.fromCharCode(...codes.filter((code) => code !== 127));
    return `${start}${rest}`.trim();
  });
const encoded = fc
  .tuple(fc.constantFrom(...STARTS), fc.uint8Array({ maxLength: 60 }))
  .map(([start, bytes]) => `${start}${Buffer.from(bytes).toString("base64")}`);
const headers = fc.dictionary(fc.constantFrom(...HEADERS), fc.oneof(value, encoded), {
  minKeys: 1,
  maxKeys: 4,
});
const query = fc.webQueryParameters();

test.each(Object.keys(PLUGINS))("%s", async (name) => {
  await fc.assert(
    fc.asyncProperty(headers, query, async (sent, search) => {
      const path = `/${name}?apikey=${search}&jwt=${search}`;
      const answer = await gateway.send(path, { method: "POST", body: "data", headers: sent });
      expect(REFUSED).toContain(answer.status);
    }),
    { numRuns: 60 },
  );
  expect(upstream.received).toHaveLength(0);
});
