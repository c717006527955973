import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import { startUpstream } from "../../../helpers/gateway.ts";
import type { Answer } from "../../../helpers/http.ts";
import { sharedGateway } from "../../../helpers/shared-gateway.ts";
import { waitFor } from "../../../helpers/wait-for.ts";

const TEXT = "a text that is long enough to be worth it ".repeat(20);
const { gateway, upstream } = await sharedGateway({}, ({ url, headers }, response) => {
  const { pathname, searchParams } = new URL(url, "http://any");
  const type = searchParams.get("type") ?? "text/html; charset=utf-8";
  const etag = searchParams.get("etag");
  if (type !== "none") response.setHeader("content-type", type);
  if (etag !== null) response.setHeader("etag", etag);
  if (headers["x-vary"] !== undefined) response.setHeader("vary", "upstream");
  if (searchParams.has("encoded")) response.setHeader("content-encoding", "deflate");
  response.statusCode = Number(searchParams.get("status") ?? 200);
  const text = searchParams.get("text") ?? TEXT;
  // What is written before the end is known goes out in chunks.
  if (pathname !== "/pieces") response.setHeader("content-length", Buffer.byteLength(text));
  if (pathname === "/pieces") response.write(text);
  response.end(pathname === "/pieces" ? "" : text);
});

async function put(plugins: JsonObject): Promise<void> {
  await gateway.put("/routes/1", { uri: "/*", plugins, upstream: upstream.upstream });
}

function get(path: string, accepts = "gzip, br", headers = {}): Promise<Answer> {
  return gateway.send(path, { headers: { "Accept-Encoding": accepts, ...headers } });
}

const DECODERS = { gzip: gunzipSync, br: brotliDecompressSync };

describe.each([
  ["gzip", "gzip"],
  ["brotli", "br"],
] as const)("%s", (name, coding) => {
  const decode = (answer: Answer): string => DECODERS[coding](answer.bytes).toString();

  test("compresses for those who accept it", async () => {
    await put({ [name]: {} });
    const answer = await get("/");
    expect(answer.headers["content-encoding"]).toBe(coding);
    expect(answer.headers["content-length"]).toBeUndefined();
    expect(answer.headers["vary"]).toBeUndefined();
    expect(answer.bytes.length).toBeLessThan(TEXT.length / 2);
    expect(decode(answer)).toBe(TEXT);
  });

  test.each([
    ["no coding is accepted", "/", "identity"],
    ["the coding is refused", "/", `*, ${coding};q=0`],
    ["the type is another one", "/?type=text/plain", coding],
    ["there is no type", "/?type=none", coding],
    ["the body is short", "/?text=short", coding],
    ["the upstream has encoded it", "/?encoded", coding],
  ])("leaves it alone when %s", async (_why, path, accepts) => {
    await put({ [name]: {} });
    const answer = await get(path, accepts);
    expect(answer.headers["content-encoding"]).toBe(
      path.includes("encoded") ? "deflate" : undefined,
    );
    expect(answer.text).toBe(path.includes("short") ? "short" : TEXT);
  });

  test("takes any coding for its own", async () => {
    await put({ [name]: {} });
    expect((await get("/", "*")).headers["content-encoding"]).toBe(coding);
  });

  test("an answer without a length has no minimum", async () => {
    await put({ [name]: {} });
    const answer = await get("/pieces?text=short");
    expect(answer.headers["content-encoding"]).toBe(coding);
    expect(decode(answer)).toBe("short");
  });

  test("types, minimum and vary are configured", async () => {
    await put({ [name]: { types: "*", min_length: 5, vary: true } });
    const answer = await get("/?type=application/x-any&text=12345", coding, { "x-vary": "yes" });
    expect(answer.headers["content-encoding"]).toBe(coding);
    expect(answer.lines["vary"]).toEqual(["upstream", "Accept-Encoding"]);
    expect((await get("/?text=1234")).text).toBe("1234");
  });

  test.each([
    ['"strong"', 'W/"strong"'],
    ['W/"weak"', 'W/"weak"'],
    ["unquoted", undefined],
  ])("the validator %s becomes %s", async (etag, expected) => {
    await put({ [name]: {} });
    expect((await get(`/?etag=${encodeURIComponent(etag)}`)).headers["etag"]).toBe(expected);
  });

  test("HEAD is answered as it is", async () => {
    await put({ [name]: {} });
    const answer = await gateway.send("/", {
      method: "HEAD",
      headers: { "Accept-Encoding": coding },
    });
    expect(answer.headers["content-encoding"]).toBeUndefined();
    expect(answer.headers["content-length"]).toBe(String(TEXT.length));
  });
});

test("brotli goes before gzip where both are accepted", async () => {
  await put({ gzip: {}, brotli: {} });
  expect((await get("/", "gzip, br")).headers["content-encoding"]).toBe("br");
  expect((await get("/", "gzip")).headers["content-encoding"]).toBe("gzip");
});

test.each([
  ["gzip", "1.1 proxy", undefined],
  ["gzip", "", undefined],
  ["brotli", "1.1 proxy", "br"],
])("%s for a proxy that says `Via: %s`: %s", async (name, via, coding) => {
  await put({ [name]: { vary: true } });
  const answer = await get("/", "gzip, br", { Via: via });
  expect(answer.headers["content-encoding"]).toBe(coding);
  expect(answer.headers["vary"]).toBe("Accept-Encoding");
});

test("gzip leaves errors of the upstream alone, as nginx does", async () => {
  await put({ gzip: {} });
  expect((await get("/?status=500")).headers["content-encoding"]).toBeUndefined();
  expect((await get("/?status=404")).headers["content-encoding"]).toBe("gzip");
});

test.each(["gzip", "br"])(
  "%s: a piece reaches the client before the next one is sent",
  async (coding) => {
    let finish: () => void = () => undefined;
    await using slow = await startUpstream((_, response) => {
      response.writeHead(200, { "content-type": "text/html" });
      response.write("first");
      finish = () => response.end("second");
    });
    const plugins = { gzip: {}, brotli: {} };
    await gateway.put("/routes/slow", { uri: "/slow", plugins, upstream: slow.upstream });
    const answer = await fetch(`${gateway.url}/slow`, { headers: { "Accept-Encoding": coding } });
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    const first = await waitFor("the first piece", () => reader?.read());
    expect(first.value).toBe("first");
    finish();
    expect((await reader?.read())?.value).toBe("second");
  },
);

describe.each(["gzip", "br"])("%s under way", (coding) => {
  const plugins = { gzip: {}, brotli: {}, prometheus: {} };
  const headers = { "Accept-Encoding": coding };

  test("an upstream that breaks off is not made whole", async () => {
    let breakOff: () => void = () => undefined;
    await using broken = await startUpstream((_, response) => {
      response.writeHead(200, { "content-type": "text/html" });
      response.write(TEXT);
      breakOff = () => response.socket?.resetAndDestroy();
    });
    await gateway.put("/routes/broken", { uri: "/broken", plugins, upstream: broken.upstream });
    const answer = await fetch(`${gateway.url}/broken`, { headers });
    breakOff();
    await expect(answer.arrayBuffer()).rejects.toThrow();
  });

  test("a client that leaves ends the upstream's answer too", async () => {
    const closed = Promise.withResolvers<void>();
    await using endless = await startUpstream((_, response) => {
      response.writeHead(200, { "content-type": "text/html" });
      const more = (): void => {
        while (!response.destroyed && response.write(TEXT));
      };
      response.on("drain", more).on("close", () => closed.resolve());
      more();
    });
    await gateway.put("/routes/endless", { uri: "/endless", plugins, upstream: endless.upstream });
    const leaving = new AbortController();
    const answer = await fetch(`${gateway.url}/endless`, { headers, signal: leaving.signal });
    await answer.body?.getReader().read();
    leaving.abort();
    await closed.promise;
  });
});
