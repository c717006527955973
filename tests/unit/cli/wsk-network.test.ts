// The way to the platform: large bodies, refusals in the middle, TLS, proxies (wsk-cli 2).
import { once } from "node:events";
import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Server as NetServer } from "node:net";
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import { baseUrl, encodePath, encodeQuery } from "../../../src/client/address.ts";
import { redirected } from "../../../src/client/redirect.ts";
import { SELF_SIGNED } from "./self-signed.ts";
import { openSession, USAGE } from "./session.ts";

type Listening = AsyncDisposable & { readonly port: number };

async function listen(server: Server | NetServer): Promise<Listening> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      if ("closeAllConnections" in server) server.closeAllConnections();
      await once(server, "close");
    },
  };
}

const http = (listener: RequestListener): Promise<Listening> => listen(createHttpServer(listener));
const BIG = "x".repeat(32 * 1024 * 1024);
const KEY = ["-u", "a:b"];

test("a body of 32 MB arrives whole", async () => {
  let bytes = 0;
  await using server = await http(async (request, response) => {
    bytes = (await buffer(request)).length;
    response.end("{}");
  });
  using session = openSession();
  const file = session.file("big.js", BIG);
  const host = `http://127.0.0.1:${server.port}`;
  const ran = await session.run("action", "create", "h", file, "--apihost", host, ...KEY);
  expect(ran).toMatchObject({ code: 0, err: "" });
  expect(bytes).toBeGreaterThan(BIG.length);
});

test("a platform that refuses a body without reading it is understood", async () => {
  await using server = await http((_request, response) => {
    response.writeHead(413, { Connection: "close" }).end('{"error":"too big","code":"t"}');
  });
  using session = openSession();
  const file = session.file("big.js", BIG);
  const host = `http://127.0.0.1:${server.port}`;
  expect(await session.run("action", "create", "h", file, "--apihost", host, ...KEY)).toEqual({
    code: 157,
    out: "",
    err: `error: Unable to create action 'h': too big (code t)\n${USAGE}`,
  });
});

test("a connection that breaks is told as EOF, and nothing is sent twice", async () => {
  let count = 0;
  await using server = await http((request) => {
    count += 1;
    request.socket.destroy();
  });
  using session = openSession();
  const host = `http://127.0.0.1:${server.port}`;
  const { code, err } = await session.run("action", "invoke", "h", "--apihost", host, ...KEY);
  expect([code, count]).toEqual([3, 1]);
  expect(err).toContain(
    `Post "${host}/api/v1/namespaces/_/actions/h?blocking=false&result=false": EOF\n`,
  );
});

test("--insecure accepts a certificate that nobody vouches for", async () => {
  await using server = await listen(
    createHttpsServer(SELF_SIGNED, (_request, response) => response.end('["guest"]')),
  );
  using session = openSession();
  // A host without a scheme is spoken to over TLS.
  const where = ["--apihost", `127.0.0.1:${server.port}`, ...KEY];
  const refused = await session.run("namespace", "list", ...where);
  expect(refused).toMatchObject({ code: 3, out: "" });
  expect(refused.err).toMatch(/: x509: certificate signed by unknown authority\n$/);
  expect(await session.run("-i", "namespace", "list", ...where)).toEqual({
    code: 0,
    out: "namespaces\nguest\n",
    err: "",
  });
});

test("TLS to a server without it is told in plain words", async () => {
  await using server = await http((_request, response) => response.end());
  using session = openSession();
  const where = ["--apihost", `https://127.0.0.1:${server.port}`, ...KEY];
  const { code, err } = await session.run("namespace", "list", ...where);
  expect(code).toBe(3);
  expect(err).toMatch(/: http: server gave HTTP response to HTTPS client\n$/);
});

test("a client certificate is shown to the platform", async () => {
  const options = { ...SELF_SIGNED, requestCert: true, rejectUnauthorized: false };
  await using server = await listen(
    createHttpsServer(options, ({ socket }, response) => {
      const { subject } = (socket as import("node:tls").TLSSocket).getPeerCertificate();
      response.end(JSON.stringify([String(subject?.CN)]));
    }),
  );
  using session = openSession();
  const pair = [
    "--cert",
    session.file("cert.pem", SELF_SIGNED.cert),
    "--key",
    session.file("key.pem", SELF_SIGNED.key),
  ];
  const where = ["-i", "--apihost", `127.0.0.1:${server.port}`, ...KEY];
  expect((await session.run("namespace", "list", ...where, ...pair)).out).toBe(
    "namespaces\nlocalhost\n",
  );
});

const PUT = {
  method: "PUT",
  url: "http://h:1/api/v1/x",
  headers: { Authorization: "Basic k", "Content-Type": "application/json", "User-Agent": "u" },
  body: "{}",
};

test.for([
  [307, "/other", { ...PUT, url: "http://h:1/other" }],
  [308, "https://sub.h/x", { ...PUT, url: "https://sub.h/x" }],
  [
    308,
    "https://elsewhere/x",
    {
      ...PUT,
      url: "https://elsewhere/x",
      headers: { "Content-Type": "application/json", "User-Agent": "u" },
    },
  ],
  [
    302,
    "y",
    {
      method: "GET",
      url: "http://h:1/api/v1/y",
      headers: { Authorization: "Basic k", "User-Agent": "u" },
    },
  ],
  [200, "/other", undefined],
  [307, undefined, undefined],
] as const)("a %i to %s is followed as %j", ([status, location, exchange]) => {
  const rawHeaders = location === undefined ? [] : ["X", "location", "LOCATION", location];
  expect(redirected(PUT, { status, rawHeaders, body: "" })).toEqual(exchange);
});

test("a circle of redirects is left after ten requests", async () => {
  let count = 0;
  await using server = await http((_request, response) => {
    count += 1;
    response.writeHead(307, { Location: "/again" }).end();
  });
  using session = openSession();
  const host = `http://127.0.0.1:${server.port}`;
  expect(await session.run("namespace", "list", "--apihost", host, ...KEY)).toEqual({
    code: 3,
    out: "",
    err: `error: Unable to obtain the list of available namespaces: Get "${host}/again": stopped after 10 redirects\n`,
  });
  expect(count).toBe(10);
});

test("a proxy is used for other hosts, and not for the machine itself", async () => {
  await using server = await http(({ url }, response) => response.end(JSON.stringify([url])));
  const proxy = `http://127.0.0.1:${server.port}`;
  using session = openSession(undefined, { env: { HOME: "/nowhere", HTTP_PROXY: proxy } });
  const list = (host: string) => session.run("namespace", "list", "--apihost", host, ...KEY);
  expect((await list("http://example.invalid")).out).toBe(
    "namespaces\nhttp://example.invalid/api/v1/namespaces\n",
  );
  expect((await list(proxy)).out).toBe("namespaces\n/api/v1/namespaces\n");
});

test.for([
  ["h", "https://h/api"],
  ["h:1/", "https://h:1//api"],
  ["http://h", "http://h/api"],
  ["httpfoo", "https://httpfoo/api"],
])("the host %s means %s", ([host = "", url]) => {
  expect(baseUrl(host)).toBe(url);
});

test.for(["http://a b", "http://[::1", "http://h:99999"])("the host %s is none", async (host) => {
  using session = openSession();
  expect(await session.run("action", "list", "--apihost", host)).toEqual({
    code: 1,
    out: "",
    err: `error: The API host is not valid: invalid host "${host}"\n${USAGE}`,
  });
});

test("names and options are encoded as the original does", () => {
  expect(encodePath("p/a b?c%d:e@f&g=h+i,j;k$l!'()*~é")).toBe(
    "p/a%20b%3Fc%25d:e@f&g=h+i,j;k$l%21%27%28%29%2A~%C3%A9",
  );
  expect(encodeQuery({ skip: 0, name: "a b/*~", docs: undefined, limit: 1 })).toBe(
    "limit=1&name=a+b%2F%2A~&skip=0",
  );
});
