import { X509Certificate } from "node:crypto";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { createServer as createHttps, request as requestHttps } from "node:https";
import type { AddressInfo } from "node:net";
import { generate } from "selfsigned";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ProxyListener, startProxyListener } from "../../../src/gateway/listener.ts";
import {
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from "../../helpers/gateway.ts";

import { waitFor } from "../../helpers/wait-for.ts";

type Pair = { readonly cert: string; readonly key: string };

let gateway: TestGateway;
let upstream: TestUpstream;
let secure: ProxyListener;
let one: Pair;
let wild: Pair;
let client: Pair;

async function makePair(name: string, alternatives: readonly string[] = [name]): Promise<Pair> {
  const made = await generate([{ name: "commonName", value: name }], {
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true },
      { name: "subjectAltName", altNames: alternatives.map((value) => ({ type: 2, value })) },
    ],
  });
  return { cert: made.cert, key: made.private };
}

beforeAll(async () => {
  [one, wild, client] = await Promise.all([
    makePair("one.example"),
    makePair("*.wild.example"),
    makePair("client"),
  ]);
  gateway = await startGateway();
  upstream = await startUpstream();
  secure = await startProxyListener({
    gateway: gateway.gateway,
    host: "127.0.0.1",
    port: 0,
    tls: true,
  });
  await gateway.put("/ssls/1", { ...one, sni: "one.example" });
  await gateway.put("/ssls/2", { ...wild, snis: ["*.wild.example"] });
  await gateway.put("/routes/1", { uri: "/*", upstream: upstream.upstream });
});

afterAll(async () => {
  await secure.close();
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

type Asked = { readonly status: number; readonly name: string; readonly text: string };

function ask(servername: string, rest: object = {}, path = "/"): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const request = requestHttps(
      {
        host: "127.0.0.1",
        port: secure.port,
        path,
        servername,
        headers: { host: servername },
        rejectUnauthorized: false,
        agent: false,
        ...rest,
      },
      (response) => {
        const { subject } = (response.socket as import("node:tls").TLSSocket).getPeerCertificate();
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () => {
          resolve({ status: response.statusCode ?? 0, name: String(subject.CN), text });
        });
      },
    );
    request.on("error", reject);
    request.end();
  });
}

describe("TLS", () => {
  test.each([
    ["one.example", "one.example"],
    ["ONE.example", "one.example"],
    ["a.wild.example", "*.wild.example"],
  ])("%s gets the certificate for %s", async (name, expected) => {
    const answer = await ask(name);
    expect([answer.status, answer.name, answer.text]).toEqual([200, expected, "hello"]);
    expect(upstream.last().headers["x-forwarded-proto"]).toBe("https");
  });

  test.each(["other.example", "a.b.wild.example", "wild.example"])(
    "the handshake for %s fails",
    async (name) => {
      await expect(ask(name)).rejects.toThrow();
    },
  );

  test("a certificate is replaced and removed while running", async () => {
    const fresh = await makePair("fresh.example", ["one.example"]);
    await gateway.put("/ssls/3", { ...one, sni: "moving.example" });
    expect((await ask("moving.example")).name).toBe("one.example");
    await gateway.put("/ssls/3", { ...fresh, sni: "moving.example" });
    expect((await ask("moving.example")).name).toBe("fresh.example");
    await gateway.put("/ssls/3", { ...fresh, sni: "moving.example", status: 0 });
    await expect(ask("moving.example")).rejects.toThrow();
  });

  test("a name may end with the dot of the root, in the ssl or in the handshake", async () => {
    await gateway.put("/ssls/6", { ...one, snis: ["dotted.example."] });
    expect((await ask("dotted.example")).name).toBe("one.example");
    const connect = (servername: string) => ask(servername, { headers: { host: "a.example" } });
    expect((await connect("dotted.example.")).name).toBe("one.example");
    expect((await connect("a.wild.example.")).name).toBe("*.wild.example");
  });

  test("the name * is for all that no other certificate is for", async () => {
    await gateway.put("/ssls/7", { ...client, snis: ["*"] });
    expect((await ask("other.example")).name).toBe("client");
    expect((await ask("localhost")).name).toBe("client");
    expect((await ask("one.example")).name).toBe("one.example");
    expect((await ask("a.wild.example")).name).toBe("*.wild.example");
    await gateway.put("/ssls/7", { ...client, snis: ["*"], status: 0 });
    await expect(ask("other.example")).rejects.toThrow();
  });

  test("only the protocols of the ssl are spoken", async () => {
    await gateway.put("/ssls/4", { ...one, sni: "old.example", ssl_protocols: ["TLSv1.2"] });
    expect((await ask("old.example", { maxVersion: "TLSv1.2" })).status).toBe(200);
    await expect(ask("old.example", { minVersion: "TLSv1.3" })).rejects.toThrow();
  });
});

describe("handshakes without a name", () => {
  test("fail where no name stands for theirs", async () => {
    await expect(ask("", { headers: { host: "one.example" } })).rejects.toThrow();
  });

  test("get the certificate of the configured name, the latest one", async () => {
    await using other = await startGateway({ fallbackSni: "a.wild.example" });
    const listener = await startProxyListener({
      gateway: other.gateway,
      host: "127.0.0.1",
      port: 0,
      tls: true,
    });
    await using _ = { [Symbol.asyncDispose]: () => listener.close() };
    await other.put("/routes/1", { uri: "/*", upstream: upstream.upstream });
    const unnamed = () => ask("", { port: listener.port, headers: { host: "127.0.0.1" } });
    await expect(unnamed()).rejects.toThrow();
    await other.put("/ssls/1", { ...wild, snis: ["*.wild.example"] });
    const first = await waitFor("a certificate", () => unnamed().catch(() => undefined));
    expect(first).toMatchObject({ status: 200, name: "*.wild.example" });
    await other.put("/ssls/2", { ...one, snis: ["a.wild.example"] });
    await waitFor("the other one", async () => (await unnamed()).name === "one.example");
    const demanding = { ...one, snis: ["a.wild.example"], client: { ca: client.cert } };
    await other.put("/ssls/2", demanding);
    await waitFor("the demand", async () => (await unnamed()).status === 400);
  });
});

describe("certificates of clients", () => {
  beforeAll(async () => {
    await gateway.put("/ssls/5", { ...one, sni: "mutual.example", client: { ca: client.cert } });
    await gateway.put("/ssls/6", {
      ...one,
      sni: "skipping.example",
      client: { ca: client.cert, skip_mtls_uri_regex: ["^/open"] },
    });
  });

  test.each([
    ["mutual.example", "none", "/", 400],
    ["mutual.example", "right", "/", 200],
    ["mutual.example", "wrong", "/", 400],
    ["skipping.example", "none", "/open/x", 200],
    ["skipping.example", "none", "/closed", 400],
    ["skipping.example", "right", "/closed", 200],
  ])("%s with %s, %s: %i", async (name, which, path, status) => {
    const certificates: Readonly<Record<string, object>> = { none: {}, right: client, wrong: wild };
    expect((await ask(name, certificates[which], path)).status).toBe(status);
  });

  test("variables tell of a certificate that was demanded and accepted", async () => {
    const names = ["verify", "s_dn", "i_dn", "fingerprint", "serial"];
    const text = names.map((name) => `$ssl_client_${name}`).join("|");
    await gateway.put("/routes/2", {
      uri: "/who",
      plugins: { mocking: { response_example: text } },
    });
    const { fingerprint, serialNumber } = new X509Certificate(client.cert);
    const print = fingerprint.replaceAll(":", "").toLowerCase();
    const told = `SUCCESS|CN=client|CN=client|${print}|${serialNumber}`;
    expect((await ask("mutual.example", client, "/who")).text).toBe(told);
    expect((await ask("one.example", client, "/who")).text).toBe("NONE||||");
    expect((await ask("one.example", {}, "/who")).text).toBe("NONE||||");
  });

  test("a host that demands one cannot be reached under another name", async () => {
    const rest = { headers: { host: "mutual.example" } };
    expect((await ask("one.example", rest)).status).toBe(400);
    // Not by a path either that another host spares.
    expect((await ask("skipping.example", rest, "/open/x")).status).toBe(400);
    expect((await ask("skipping.example", { ...rest, ...client }, "/open/x")).status).toBe(400);
  });

  test("a name that demands one lets nobody to other hosts without it", async () => {
    const rest = { headers: { host: "one.example" } };
    expect((await ask("mutual.example", rest)).status).toBe(400);
    expect((await ask("mutual.example", { ...rest, ...client })).status).toBe(200);
  });
});

describe("HTTP/2", () => {
  let session: ClientHttp2Session;

  beforeAll(() => {
    session = connectHttp2(`https://127.0.0.1:${secure.port}`, {
      servername: "one.example",
      rejectUnauthorized: false,
    });
  });

  afterAll(() => session.close());

  function stream(
    headers: Record<string, string | string[]>,
    body?: string,
  ): Promise<{ headers: Record<string, unknown>; text: string }> {
    return new Promise((resolve, reject) => {
      const opened = session.request({ ":authority": "one.example", ...headers });
      let received: Record<string, unknown> = {};
      let text = "";
      opened.on("response", (got) => {
        received = got;
      });
      opened.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      opened.on("end", () => resolve({ headers: received, text }));
      opened.on("error", reject);
      opened.end(body);
    });
  }

  test("streams of one connection are of one connection", async () => {
    const echo = { body: "", headers: { "x-connection": "$connection" } };
    await gateway.put("/routes/2", {
      uri: "/connection",
      plugins: { "response-rewrite": echo },
      upstream: upstream.upstream,
    });
    const answers = await Promise.all([1, 2].map(() => stream({ ":path": "/connection" })));
    const numbers = answers.map(({ headers }) => headers["x-connection"]);
    expect(numbers[0]).toMatch(/^\d+$/);
    expect(numbers[1]).toBe(numbers[0]);
  });

  test("requests go up as HTTP/1.1, answers come back without headers of connections", async () => {
    const { headers, text } = await stream({ ":path": "/two?x=1", ":method": "POST" }, "body");
    expect([headers[":status"], text]).toEqual([200, "hello"]);
    expect(headers["connection"]).toBeUndefined();
    expect(headers["transfer-encoding"]).toBeUndefined();
    const { method, url, body, headers: up } = upstream.last();
    expect([method, url, body, up.host]).toEqual(["POST", "/two?x=1", "body", "one.example"]);
  });

  test("cookies in pieces are one header for the upstream", async () => {
    await stream({ ":path": "/", cookie: ["a=1", "b=2"] });
    expect(upstream.last().headers.cookie).toBe("a=1; b=2");
    const { rawHeaders } = upstream.last();
    expect(rawHeaders.filter((name) => name.toLowerCase() === "cookie")).toHaveLength(1);
  });

  test("HEAD has the headers and no body", async () => {
    const { headers, text } = await stream({ ":path": "/", ":method": "HEAD" });
    expect([headers[":status"], text]).toEqual([200, ""]);
  });

  test("many at once over one connection", async () => {
    const all = await Promise.all(
      Array.from({ length: 40 }, (_, at) => stream({ ":path": `/${at}` })),
    );
    expect(all.every(({ text }) => text === "hello")).toBe(true);
  });

  test("an unknown path has the same answer as ever", async () => {
    await gateway.delete("/routes/1");
    const { headers, text } = await stream({ ":path": "/nothing" });
    await gateway.put("/routes/1", { uri: "/*", upstream: upstream.upstream });
    expect([headers[":status"], text]).toEqual([404, '{"error_msg":"404 Route Not Found"}\n']);
  });

  test("a body that breaks off resets the stream", async () => {
    await using broken = await startUpstream((_, response) => {
      response.writeHead(200, { "content-length": "10" }).write("half", () => response.destroy());
    });
    await gateway.put("/routes/broken", { uri: "/broken", upstream: broken.upstream });
    await expect(stream({ ":path": "/broken" })).rejects.toThrow(/INTERNAL_ERROR|CANCEL/);
  });
});

describe("TLS to the upstream", () => {
  test.each([
    ["unverified", {}, {}, 200],
    ["verified, by an authority nobody knows", { verify: true }, {}, 502],
    ["with a certificate", {}, { pair: true }, 200],
    ["with a certificate by id", {}, { id: true }, 200],
  ])("%s", async (_, tls, { pair, id }: { pair?: boolean; id?: boolean }, status) => {
    const seen: string[] = [];
    const wantsCertificate = pair === true || id === true;
    const server = createHttps(
      {
        ...one,
        requestCert: wantsCertificate,
        rejectUnauthorized: wantsCertificate,
        ca: client.cert,
      },
      (request, response) => {
        const socket = request.socket as import("node:tls").TLSSocket;
        seen.push(String(socket.getPeerCertificate()?.subject?.CN));
        response.end("secure");
      },
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await gateway.put("/ssls/client", { ...client, type: "client" });
    const own = pair === true ? { client_cert: client.cert, client_key: client.key } : {};
    const byId = id === true ? { client_cert_id: "client" } : {};
    await gateway.put("/routes/up", {
      uri: "/up",
      upstream: {
        scheme: "https",
        nodes: { [`127.0.0.1:${port}`]: 1 },
        tls: { ...tls, ...own, ...byId },
      },
    });
    const answer = await gateway.send("/up");
    server.close();
    server.closeAllConnections();
    expect(answer.status).toBe(status);
    if (status === 200) expect(answer.text).toBe("secure");
    if (wantsCertificate) expect(seen).toEqual(["client"]);
  });

  test("a certificate of the ssls is renewed for the next request", async () => {
    const seen: string[] = [];
    await using stack = new AsyncDisposableStack();
    const server = createHttps({ ...one, requestCert: true, rejectUnauthorized: false });
    server.on("request", (request, response) => {
      const socket = request.socket as import("node:tls").TLSSocket;
      seen.push(String(socket.getPeerCertificate()?.subject?.CN));
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    stack.defer(() => {
      server.close();
      server.closeAllConnections();
    });
    const nodes = { [`127.0.0.1:${(server.address() as AddressInfo).port}`]: 1 };
    const upstream = { scheme: "https", nodes, tls: { client_cert_id: "renewed" } };
    await gateway.put("/routes/up", { uri: "/up", upstream });
    await gateway.put("/ssls/renewed", { ...client, type: "client" });
    expect((await gateway.send("/up")).status).toBe(200);
    await gateway.put("/ssls/renewed", { ...wild, type: "client" });
    expect((await gateway.send("/up")).status).toBe(200);
    await gateway.delete("/ssls/renewed");
    expect((await gateway.send("/up")).status).toBe(502);
    expect(seen).toEqual(["client", "*.wild.example"]);
  });
});
