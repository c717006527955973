/** Whatever comes in gives an answer of ours or a refusal of ours, and in time. */

import { expect, test } from "vitest";
import { isAcceptable } from "../../../../src/controller/web/accept.ts";
import { decodeBody, entityType } from "../../../../src/controller/web/body.ts";
import { webArguments } from "../../../../src/controller/web/context.ts";
import { parseMediaType } from "../../../../src/controller/web/media-type.ts";
import { webAnswer } from "../../../../src/controller/web/result.ts";
import { parsePairs, queryText } from "../../../../src/controller/web/uri-text.ts";
import { parseWebUrl } from "../../../../src/controller/web/url.ts";
import { PlatformError } from "../../../../src/core/errors.ts";
import { memberTexts, prettyJson } from "../../../../src/lib/json-text.ts";
import { cpuMsOf } from "../../../helpers/cpu-time.ts";
import { fc } from "../../../helpers/property.ts";

const TYPES = [
  "application/json",
  "application/json; charset=utf-8",
  "application/hal+json",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "text/plain",
  "image/png",
  "nonsense",
];
const json = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.stringify(value));
const bytes = fc.oneof(fc.uint8Array(), json, fc.string({ unit: "binary" }));
const contentType = fc.option(fc.oneof(fc.constantFrom(...TYPES), fc.string()), { nil: undefined });
const headers = fc.array(fc.string({ unit: "binary" }), { maxLength: 9 });
const url = fc.oneof(
  fc.string(),
  fc.webPath(),
  fc.webPath().map((path) => `guest/default${path}`),
);

test("a URL names an action, or does not", () => {
  fc.assert(
    fc.property(url, fc.string(), (path, query) => {
      const target = parseWebUrl(`/api/v1/web/${path}?${query}`);
      if (typeof target === "string") return;
      expect(target.action).not.toBe("");
      expect(target.path === "" || target.path.startsWith("/")).toBe(true);
    }),
  );
});

test("a query that was written is read as it was", () => {
  const pair = fc.tuple(fc.string({ minLength: 1 }), fc.string());
  fc.assert(
    fc.property(fc.array(pair), (pairs) => {
      expect(parsePairs(queryText(pairs))).toEqual(pairs);
    }),
  );
});

test("a body becomes JSON arguments, or is refused as malformed", () => {
  fc.assert(
    fc.property(
      bytes,
      contentType,
      headers,
      url,
      fc.boolean(),
      (data, type, rawHeaders, path, raw) => {
        const entity = entityType(type, data.length > 0);
        try {
          const body = decodeBody(entity, Buffer.from(data as string), raw);
          const text = webArguments(
            { parameters: [{ key: "a", value: 1 }], finalKeys: new Set(["a"]) },
            {
              method: "POST",
              rawHeaders,
              contentType: entity?.value,
              path,
              query: parsePairs(path),
              user: undefined,
              body,
            },
            raw,
          );
          expect(JSON.parse(text)).toMatchObject({ __ow_method: "post" });
        } catch (error) {
          expect(error).toBeInstanceOf(PlatformError);
          expect((error as PlatformError).status).toBe(400);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test("fields of JSON and forms arrive as they were", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (fields) => {
      const body = decodeBody(
        parseMediaType("application/json"),
        Buffer.from(JSON.stringify(fields)),
        false,
      );
      const members = body.type === "members" ? [...body.members] : [];
      const read = Object.fromEntries(members.map(([key, text]) => [key, JSON.parse(text)]));
      expect(read).toEqual(JSON.parse(JSON.stringify(fields)));
    }),
  );
});

test("a result becomes an answer, and no 500 but the original's own", () => {
  const header = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.jsonValue()));
  const http = fc.record(
    { statusCode: fc.oneof(fc.integer(), fc.jsonValue()), headers: header, body: fc.jsonValue() },
    { requiredKeys: [] },
  );
  const result = fc
    .oneof(fc.dictionary(fc.string(), fc.jsonValue()), http)
    .map((value) => JSON.stringify(value));
  const extension = fc.constantFrom("http", "json", "html", "svg", "text");
  fc.assert(
    fc.property(result, extension, fc.constantFrom(0, 1, 2, 3), (text, ext, statusCode) => {
      const answer = webAnswer(ext, { statusCode, result: text });
      if (answer.type === "failure") expect([400, 404, 500]).toContain(answer.status);
      else expect(answer.status).toBeGreaterThanOrEqual(200);
    }),
    { numRuns: 500 },
  );
});

test("texts keep their values, laid out or taken apart", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 1, 3), (value, space) => {
      const text = JSON.stringify(value, null, space);
      expect(JSON.parse(prettyJson(text))).toEqual(JSON.parse(text));
      if (value === null || typeof value !== "object" || Array.isArray(value)) return;
      for (const [key, member] of memberTexts(text)) {
        expect(JSON.parse(member)).toEqual(JSON.parse(text)[key]);
      }
    }),
    { numRuns: 500 },
  );
});

test("headers of any content are read", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (accept, acceptCharset) => {
      parseMediaType(accept);
      expect(typeof isAcceptable("text/html", { accept, acceptCharset })).toBe("boolean");
    }),
  );
});

test("long hostile texts take no time to speak of", () => {
  const long = "\\".repeat(200_000);
  const spent = cpuMsOf(() => {
    prettyJson(JSON.stringify({ a: long }));
    memberTexts(JSON.stringify({ [long]: long }));
    parseMediaType(`a/b;${'x="'.repeat(1300)}`);
    parseMediaType(`a/b;${" ".repeat(4000)}x`);
    webAnswer("http", { statusCode: 0, result: JSON.stringify({ body: "A".repeat(1 << 20) }) });
  });
  expect(spent).toBeLessThan(2_000);
});
