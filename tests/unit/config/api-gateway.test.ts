import { expect, test } from "vitest";
import { parseValue } from "../../../src/config/parse-value.ts";
import { SETTINGS } from "../../../src/config/schema.ts";

const folders = { home: "/home", base: "/" };

function publicUrl(raw: unknown): unknown {
  const setting = SETTINGS.find(({ key }) => key === "apigw.public_url");
  if (setting === undefined) throw new Error("there is no apigw.public_url");
  return parseValue(setting, raw, folders);
}

test.each([
  ["auto", "auto"],
  ["https://apis.example.com/", "https://apis.example.com"],
  ["http://[::1]:8080/base", "http://[::1]:8080/base"],
])("apigw.public_url may be %s", (raw, value) => {
  expect(publicUrl(raw)).toEqual({ value });
});

test.each(["apis.example.com", "ftp://x", "https://", "https://x?y", "https://a b", 7, ""])(
  "apigw.public_url may not be %j",
  (raw) => {
    expect(publicUrl(raw)).toMatchObject({
      problems: [expect.stringContaining('is not a URL such as https://example.org or "auto"')],
    });
  },
);
