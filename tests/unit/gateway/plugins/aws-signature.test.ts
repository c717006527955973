/** The published test suite of signature version 4 (aws-sig-v4-test-suite). */
import { describe, expect, test } from "vitest";
import { HeaderList } from "../../../../src/gateway/header-list.ts";
import { amzDate, canonicalPath, sign } from "../../../../src/gateway/plugins/lib/aws-signature.ts";
import { QueryArgs } from "../../../../src/gateway/query-args.ts";

const signer = {
  accesskey: "AKIDEXAMPLE",
  secretkey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  aws_region: "us-east-1",
  service: "service",
};
const date = amzDate(Date.UTC(2015, 7, 30, 12, 36, 0));

type Vector = {
  readonly name: string;
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string;
  readonly signed?: string;
  readonly signature: string;
};

const vectors: readonly Vector[] = [
  {
    name: "get-vanilla",
    signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
  },
  {
    name: "get-vanilla-query-order-key-case",
    query: "Param2=value2&Param1=value1",
    signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
  },
  {
    name: "get-vanilla-empty-query-key",
    query: "Param1=value1",
    signature: "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
  },
  {
    name: "get-vanilla-utf8-query",
    query: "\u1234=bar",
    signature: "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
  },
  {
    name: "get-header-key-duplicate",
    headers: [
      ["My-Header1", "value2"],
      ["My-Header1", "value2"],
      ["My-Header1", "value1"],
    ],
    signed: "host;my-header1;x-amz-date",
    signature: "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
  },
  {
    name: "get-header-value-multiline, joined",
    headers: [["My-Header1", "value1,value2,value3"]],
    signed: "host;my-header1;x-amz-date",
    signature: "ba17b383a53190154eb5fa66a1b836cc297cc0a3d70a5d00705980573d8ff790",
  },
  {
    name: "get-header-value-trim",
    headers: [
      ["My-Header1", " value1"],
      ["My-Header2", ' "a   b   c"'],
    ],
    signed: "host;my-header1;my-header2;x-amz-date",
    signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
  },
  {
    name: "post-vanilla",
    method: "POST",
    signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
  },
  {
    name: "post-header-key-sort",
    method: "POST",
    headers: [["My-Header1", "value1"]],
    signed: "host;my-header1;x-amz-date",
    signature: "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
  },
  {
    name: "post-x-www-form-urlencoded",
    method: "POST",
    headers: [["Content-Type", "application/x-www-form-urlencoded"]],
    body: "Param1=value1",
    signed: "content-type;host;x-amz-date",
    signature: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
  },
  {
    name: "get-relative-relative",
    path: "/example1/example2/../..",
    signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
  },
  {
    name: "get-slash-pointless-dot",
    path: "/./example",
    signature: "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5",
  },
  {
    name: "get-slashes",
    path: "//example//",
    signature: "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
  },
  {
    name: "get-space",
    path: "/example space/",
    signature: "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
  },
  {
    name: "get-utf8",
    path: "/\u1234",
    signature: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
  },
];

test.for(vectors)("$name", (vector) => {
  const headers = new HeaderList();
  headers.add("Host", "example.amazonaws.com");
  for (const [name, value] of vector.headers ?? []) headers.add(name, value);
  headers.add("X-Amz-Date", date);
  const { authorization } = sign(
    signer,
    {
      method: vector.method ?? "GET",
      path: vector.path ?? "/",
      args: QueryArgs.parse(vector.query ?? ""),
      headers,
      body: vector.body === undefined ? undefined : Buffer.from(vector.body),
    },
    date,
  );
  expect(authorization).toBe(
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, " +
      `SignedHeaders=${vector.signed ?? "host;x-amz-date"}, Signature=${vector.signature}`,
  );
});

describe("the canonical path", () => {
  test.for([
    ["/", "/"],
    ["", "/"],
    ["/a/", "/a/"],
    ["//a//b/./c/", "/a/b/c/"],
    ["/a/b/..", "/a/"],
    ["/a/../..", "/"],
    ["/a...", "/a..."],
    ["/a%20b", "/a%2520b"],
    ["/a:b@c", "/a%3Ab%40c"],
  ])("%s is %s", ([path = "", canonical]) => {
    expect(canonicalPath(path)).toBe(canonical);
  });
});

test("S3 alone takes the path as it was sent", () => {
  const signatureOf = (service: string, path: string): string => {
    const request = { method: "GET", path, args: [], headers: new HeaderList(), body: undefined };
    return sign({ ...signer, service }, request, date).authorization;
  };
  expect(signatureOf("s3", "/a%20b")).not.toBe(signatureOf("s3", "/a%2520b"));
  expect(signatureOf("s3", "/a//b")).not.toBe(signatureOf("s3", "/a/b"));
  expect(signatureOf("execute-api", "/a//b")).toBe(signatureOf("execute-api", "/a/b"));
});

test("an argument without value is signed and sent with an empty one", () => {
  const headers = new HeaderList();
  const args = QueryArgs.parse("b&a=x%20y&a=!");
  const { query } = sign(
    signer,
    { method: "GET", path: "/", args, headers, body: undefined },
    date,
  );
  expect(query).toBe("a=%21&a=x%20y&b=");
});
