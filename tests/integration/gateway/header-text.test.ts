/** Headers beyond ASCII are UTF-8, as the configuration is: both ways, and in what is compared. */
import { connect as connectHttp2 } from "node:http2";
import { generate } from "selfsigned";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startProxyListener } from "../../../src/gateway/listener.ts";
import {
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from "../../helpers/gateway.ts";
import { request } from "../../helpers/http.ts";

let gateway: TestGateway;
let upstream: TestUpstream;

beforeAll(async () => {
  gateway = await startGateway();
  upstream = await startUpstream();
  await gateway.put("/consumers/rene", {
    username: "rene",
    plugins: { "key-auth": { key: "clé" } },
  });
  await gateway.put("/routes/1", {
    uri: "/*",
    vars: [
      ["http_x_city", "==", "Zürich"],
      ["cookie_name", "~~", "^René$"],
    ],
    plugins: {
      "key-auth": {},
      "proxy-rewrite": { headers: { set: { "X-Word": "é", "X-Both": "é $http_x_city" } } },
      "response-rewrite": { headers: { set: { "X-Word": "é", "X-Arg": "$arg_q" } } },
    },
    upstream: upstream.upstream,
  });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

function bytes(text: string): string {
  return Buffer.from(text).toString("latin1");
}

const HEADERS = {
  apikey: bytes("clé"),
  cookie: bytes("name=René"),
  "x-city": bytes("Zürich"),
};

function told(headers: Readonly<Record<string, unknown>>): unknown[] {
  return [headers["x-word"], headers["x-arg"]];
}

test("over HTTP/1.1", async () => {
  const answer = await request(gateway.url, { path: "/?q=%C3%A9", headers: HEADERS });
  expect([answer.status, ...told(answer.headers)]).toEqual([200, bytes("é"), bytes("é")]);
  const { headers } = upstream.last();
  const both = [headers["x-word"], headers["x-both"], headers["x-city"]];
  expect(both).toEqual(["é", "é Zürich", "Zürich"].map(bytes));
});

test("over HTTP/2", async () => {
  const pair = await generate([{ name: "commonName", value: "one.example" }]);
  await gateway.put("/ssls/1", { cert: pair.cert, key: pair.private, sni: "one.example" });
  const secure = await startProxyListener({
    gateway: gateway.gateway,
    host: "127.0.0.1",
    port: 0,
    tls: true,
  });
  await using _ = { [Symbol.asyncDispose]: () => secure.close() };
  const session = connectHttp2(`https://127.0.0.1:${secure.port}`, {
    servername: "one.example",
    rejectUnauthorized: false,
  });
  const stream = session.request({
    ":path": "/?q=%C3%A9",
    ":authority": "one.example",
    ...HEADERS,
  });
  const headers = await new Promise<Record<string, unknown>>((resolve, reject) => {
    stream.on("response", resolve).on("error", reject).resume();
  });
  session.close();
  expect([headers[":status"], ...told(headers)]).toEqual([200, bytes("é"), bytes("é")]);
  expect(upstream.last().headers["x-both"]).toBe(bytes("é Zürich"));
});
