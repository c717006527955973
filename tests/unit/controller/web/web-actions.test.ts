/** What no case over the wire can bring about: late, lost and refused activations, and look-ups. */
import { createServer, request as open, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { ActivationBus, CompletionHandler } from "../../../../src/bus/bus.ts";
import { NamespaceIdentities } from "../../../../src/controller/namespace-identities.ts";
import { InvokeService } from "../../../../src/controller/service/invoke.ts";
import { ConcurrencyThrottle } from "../../../../src/controller/throttle.ts";
import { WebActions, type WebDeps } from "../../../../src/controller/web/web-actions.ts";
import type { ActionDocument, PackageDocument } from "../../../../src/core/documents.ts";
import { PlatformError } from "../../../../src/core/errors.ts";
import type { ActivationMessage } from "../../../../src/core/messages.ts";
import type { StreamReader } from "../../../../src/core/result-stream.ts";
import { createEntityCache } from "../../../../src/store/entity-cache.ts";
import { request } from "../../../helpers/http.ts";
import { createMemoryStore } from "../../../helpers/memory-store.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const row = {
  subject: "guest",
  namespace: { name: "guest", uuid: "u" },
  key: "k",
  limits: {},
};
const code = { attachmentName: "a", attachmentType: "text/plain", length: 1, digest: "sha256-0" };
const entity = (namespace: string, name: string) => ({
  namespace,
  name,
  version: "0.0.1",
  publish: false,
  updated: 1,
  parameters: [],
  annotations: [],
});
const action = (path: string, name: string, stream = false): ActionDocument => ({
  ...entity(path, name),
  entityType: "action",
  exec: { kind: "nodejs:20", code, binary: false },
  annotations: [
    { key: "web-export", value: true },
    { key: "web-stream", value: stream },
  ],
  limits: { timeout: 60_000, memory: 256, logs: 10, concurrency: 1 },
});
const aPackage = (namespace: string, name: string, more: object = {}): PackageDocument => ({
  ...entity(namespace, name),
  entityType: "package",
  binding: {},
  ...more,
});

type Sent = {
  readonly message: ActivationMessage;
  readonly done: CompletionHandler;
  readonly reader: StreamReader | undefined;
};

/** A server of web actions alone; `onSend` is what the invoker does with a message. */
async function setUp(onSend: (sent: Sent) => void = () => undefined, deps: Partial<WebDeps> = {}) {
  const bus: ActivationBus = {
    hasRoom: () => true,
    send: (message, done, reader) => {
      onSend({ message, done, reader });
      return { accept: () => Promise.resolve() };
    },
    post: () => Promise.resolve(),
  };
  const entities = createEntityCache(createMemoryStore().entities, {
    entriesMax: 10,
    runtimeOf: (kind) => kind,
  });
  await entities.put("guest/hello", action("guest", "hello"));
  await entities.put("guest/stream", action("guest", "stream", true));
  const lookUps: string[] = [];
  const byNamespace = async (name: string) => {
    lookUps.push(name);
    return name === "guest" ? [row] : [];
  };
  const logged: string[] = [];
  const service = new InvokeService(bus, new ConcurrencyThrottle(), () => ({
    start: () => undefined,
    resume: () => Promise.resolve(false),
    running: 0,
    quiet: () => Promise.resolve(),
  }));
  const web = new WebActions({
    auth: {
      peek: () => undefined,
      identify: () => Promise.reject(new PlatformError("AUTH_INVALID")),
    },
    owners: new NamespaceIdentities({ byNamespace }, { cacheMs: 60_000, entriesMax: 10 }),
    invoke: {
      service,
      entities,
      checkInvocable: () => undefined,
      admit: () => undefined,
      payloadBytesMax: () => 100,
    },
    throttle: () => undefined,
    waitMsMax: 30_000,
    streamBytesMax: 1000,
    log: (_level, message) => logged.push(message),
    ...deps,
  });
  const server = createServer((incoming, response) => {
    const transid = { id: "t", start: 0 };
    if (web.serve(incoming, response, transid, incoming.url ?? "")) return;
    response.writeHead(501).end();
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/web/guest`;
  return { url, entities, lookUps, logged };
}

const ended = ({ message }: Sent, result: string, isLost = false) => ({
  transid: message.transid,
  activation: {
    activationId: message.activationId,
    namespace: "guest",
    name: message.action.name,
    version: "0.0.1",
    subject: "guest",
    start: 1,
    end: 2,
    annotations: "[]",
    statusCode: 0 as const,
    result,
    logs: [],
  },
  isSystemError: false,
  isLost,
});

test("what is not ready in time is a 202 with the shape of an error", async () => {
  const { url } = await setUp(undefined, { waitMsMax: 1 });
  const answer = await request(url, { path: "/default/hello.json" });
  expect(answer).toMatchObject({
    status: 202,
    json: { error: "Response not yet ready.", code: "t" },
    headers: {
      "x-openwhisk-activation-id": expect.stringMatching(/^[0-9a-f]{32}$/u),
      "access-control-allow-origin": "*",
    },
  });
});

test("a record that cannot be written is a 503, and is told to the operator", async () => {
  const { url, logged } = await setUp((sent) => sent.done(ended(sent, "{}", true)));
  const answer = await request(url, { path: "/default/hello.json" });
  expect(answer).toMatchObject({
    status: 503,
    json: { error: expect.stringContaining("The server is currently unavailable") },
  });
  expect(logged).toHaveLength(1);
});

test("a fault of ours is a 500 that says nothing", async () => {
  const broken = {
    find: () => {
      throw new Error("secret");
    },
  };
  const { url, logged } = await setUp(undefined, { owners: broken });
  const answer = await request(url, { path: "/default/hello.json" });
  expect(answer).toMatchObject({
    status: 500,
    json: { error: "There was an internal server error." },
  });
  expect(logged).toEqual(["There was an internal server error."]);
});

test("the owner is looked up once, an unknown namespace every time", async () => {
  const { url, lookUps } = await setUp((sent) => sent.done(ended(sent, '{"body":"x"}')));
  for (const _ of [1, 2]) {
    expect((await request(url, { path: "/default/hello" })).text).toBe("x");
    const other = url.replace("guest", "nobody");
    expect((await request(other, { path: "/default/hello" })).status).toBe(404);
  }
  expect(lookUps).toEqual(["guest", "nobody", "nobody"]);
});

test("an action in a package, through a binding, and behind one gone private", async () => {
  const messages: ActivationMessage[] = [];
  const { url, entities } = await setUp((sent) => {
    messages.push(sent.message);
    sent.done(ended(sent, '{"body":"x"}'));
  });
  const binding = { binding: { namespace: "other", name: "pkg" } };
  await entities.put("guest/bound", aPackage("guest", "bound", binding));
  const revision = await entities.put("other/pkg", aPackage("other", "pkg", { publish: true }));
  await entities.put("other/pkg/hello", action("other/pkg", "hello"));
  expect((await request(url, { path: "/bound/hello" })).text).toBe("x");
  expect(messages[0]).toMatchObject({
    user: { namespace: { name: "guest" } },
    action: { path: "other/pkg", binding: "guest/bound" },
  });
  await entities.put("other/pkg", aPackage("other", "pkg"), revision);
  expect(await request(url, { path: "/bound/hello" })).toMatchObject({
    status: 403,
    json: { error: expect.stringContaining("is not authorized to access") },
  });
  expect((await request(url, { path: "/hello/x" })).status).toBe(404);
});

test("a chunked body is bounded as well", async () => {
  const { url } = await setUp();
  const answered = Promise.withResolvers<number | undefined>();
  const outgoing = open(`${url}/default/hello`, { method: "POST", agent: false }, (incoming) => {
    incoming.resume();
    answered.resolve(incoming.statusCode);
  });
  outgoing.write("x".repeat(60));
  outgoing.end("x".repeat(41));
  expect(await answered.promise).toBe(413);
});

test("only an action that asks for it gets a reader; a head that is late is not read", async () => {
  const readers: (StreamReader | undefined)[] = [];
  const { url } = await setUp((sent) => readers.push(sent.reader), { waitMsMax: 1 });
  await request(url, { path: "/default/hello" });
  await request(url, { path: "/default/stream" });
  expect(readers.map((reader) => reader === undefined)).toEqual([true, false]);
  const cancelled: string[] = [];
  const source = { grant: () => undefined, cancel: (why: string) => cancelled.push(why) };
  readers[1]?.begin("id", "{}", source);
  readers[1]?.chunk(Buffer.from("x"));
  expect(cancelled).toEqual(["client"]);
});

test("a head in time ends the limit of the wait", async () => {
  const { url } = await setUp(
    (sent) => {
      const source = { grant: () => undefined, cancel: () => undefined };
      sent.reader?.begin(sent.message.activationId, '{"statusCode":201}', source);
      sent.reader?.chunk(Buffer.from("abc"));
      setTimeout(() => sent.done(ended(sent, "{}")), 20);
    },
    { waitMsMax: 5 },
  );
  const answer = await request(url, { path: "/default/stream" });
  expect([answer.status, answer.text]).toEqual([201, "abc"]);
});

/** Streams `head` and one part; tells why the stream was ended and what was logged. */
async function streamed(
  head: string,
  get: (url: string) => Promise<{ status: number; text: string; json?: unknown }> = request,
) {
  const cancelled: string[] = [];
  const { url, logged } = await setUp((sent) => {
    const source = { grant: () => undefined, cancel: (why: string) => cancelled.push(why) };
    sent.reader?.begin(sent.message.activationId, head, source);
    sent.reader?.chunk(Buffer.from("abc"));
    sent.done(ended(sent, "{}"));
  });
  const answer = await get(`${url}/default/stream`);
  return { answer, cancelled, logged };
}

/** A client of HTTP/1.0, to whom nothing can be sent in chunks. */
const requestOld = (url: string): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const { hostname, port, pathname } = new URL(url);
    const socket = connect(Number(port), hostname);
    let text = "";
    socket.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    socket.on("error", reject);
    socket.on("end", () => {
      resolve({ status: Number(text.split(" ")[1]), text: text.split("\r\n\r\n")[1] ?? "" });
    });
    socket.write(`GET ${pathname} HTTP/1.0\r\n\r\n`);
  });

test("a head that no launcher sends is the function's fault, and nobody else's", async () => {
  const { answer, cancelled, logged } = await streamed("{");
  expect(answer).toMatchObject({
    status: 400,
    json: { error: "Response is not valid 'message/http'." },
  });
  expect([cancelled, logged]).toEqual([["client"], []]);
});

test("a head that names trailers, for a client that can have none", async () => {
  const { answer } = await streamed('{"headers":{"Trailer":"X-A","X-B":"b"}}', requestOld);
  expect([answer.status, answer.text]).toEqual([200, "abc"]);
});
