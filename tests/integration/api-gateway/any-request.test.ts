/** Whatever is sent to the API gateway or its management, it answers, and never with a failure. */

import { expect, test } from "vitest";
import type { Json } from "../../../src/core/documents.ts";
import { apiDocument, startApiGateway } from "../../helpers/api-gateway.ts";
import { startUpstream } from "../../helpers/gateway.ts";
import { fc } from "../../helpers/property.ts";

const KNOWN = new Set([200, 400, 404, 405]);
const segment = fc.oneof(
  fc.constantFrom("club", "books", "{isbn}", "..", ".", "", "%2F", "%7B", "%00", "%", "a%20b", "*"),
  fc.stringMatching(/^[!-~]{0,8}$/).map((text) => text.replace(/[\s#]/g, "")),
);
const path = fc.array(segment, { maxLength: 6 }).map((all) => `/api/t/${all.join("/")}`);

test("any path and verb", { timeout: 60_000 }, async () => {
  await using upstream = await startUpstream();
  await using gateway = await startApiGateway({ backend: `http://${upstream.address}` });
  const paths = { "/books": ["get", "post"], "/books/{isbn}": ["get"], "/{a}-{b}/x": ["get"] };
  await gateway.add(apiDocument("http://h/a.http$(request.path)", paths));
  await gateway.add(apiDocument("http://h/a.json?x=y", paths, { basePath: "/" }));
  const method = fc.constantFrom("GET", "POST", "OPTIONS", "HEAD", "DELETE");
  await fc.assert(
    fc.asyncProperty(path, method, async (called, verb) => {
      const { status } = await gateway.send(called, { method: verb });
      expect(KNOWN, `${verb} ${called}: ${status}`).toContain(status);
    }),
    { numRuns: 300 },
  );
});

test("any document at the management interface", async () => {
  await using gateway = await startApiGateway();
  const json = fc.jsonValue() as fc.Arbitrary<Json>;
  const changed = fc
    .tuple(fc.constantFrom("info", "basePath", "paths", "x-ibm-configuration"), json)
    .map(
      ([member, value]): Json => ({
        ...apiDocument("http://h/a", { "/x": ["get"] }),
        [member]: value,
      }),
    );
  await fc.assert(
    fc.asyncProperty(fc.oneof(json, changed), async (document) => {
      const { status, body } = await gateway.manage("POST", "apis", document);
      const isTaken = JSON.stringify(body).includes("basePath not unique");
      expect(isTaken ? [500] : [200, 400]).toContain(status);
    }),
    { numRuns: 300 },
  );
  const subscription = fc.record(
    { artifact_id: json, client_id: json, client_secret: json },
    { requiredKeys: [] },
  ) as fc.Arbitrary<Json>;
  await fc.assert(
    fc.asyncProperty(fc.oneof(json, subscription), async (body) => {
      expect([400, 404]).toContain((await gateway.manage("PUT", "subscriptions", body)).status);
    }),
  );
});
