/** Clients that leave while an action of this program runs for them: it goes on, and nothing stays. */
import { once } from "node:events";
import { connect } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { LocalReply } from "../../../src/core/local-invoke.ts";
import { createLocalCall } from "../../../src/gateway/local-api.ts";
import type { Plugin, PluginServices } from "../../../src/gateway/plugin.ts";
import { openwhisk } from "../../../src/gateway/plugins/openwhisk.ts";
import { startGateway, type TestGateway } from "../../helpers/gateway.ts";
import { get, post, type SecurePort, startSecurePort } from "../../helpers/secure-port.ts";
import { waitFor } from "../../helpers/wait-for.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const API = "http://127.0.0.1:3233";
const REPLY: LocalReply = { status: 200, headers: () => [], body: '{"ok":true}' };
const COUNT = 5;

let gateway: TestGateway;
let secure: SecurePort;
let state: PluginServices["state"];
/** Of invocations that run. */
let answers: ((reply: LocalReply) => void)[];
/** What the gateway knows of each request. */
let contexts: WeakRef<object>[];
let statuses: number[];

const watch: Plugin = {
  name: "watch",
  version: 0.1,
  priority: 1,
  schema: { type: "object" },
  create: (services) => {
    state = services.state;
    return {
      rewrite: (_, ctx) => void contexts.push(new WeakRef(ctx)),
      log: (_, { response }) => void statuses.push(response.status),
    };
  },
};

beforeEach(async () => {
  answers = [];
  contexts = [];
  statuses = [];
  const local = createLocalCall(new Set([API]), (_, answer) => answers.push(answer) > 0);
  gateway = await startGateway({ plugins: [openwhisk, watch], local });
  const action = { api_host: API, service_token: "a:b", namespace: "_", action: "a" };
  await gateway.put("/routes/1", { uri: "/*", plugins: { openwhisk: action, watch: {} } });
  secure = await startSecurePort(gateway);
});

afterEach(async () => {
  await secure.close();
  await gateway[Symbol.asyncDispose]();
});

const BODY = "x".repeat(1000);

/** Sends a request; calling what it gives leaves. */
const clients: Readonly<Record<string, () => () => void>> = {
  "HTTP/1.1": () => {
    const socket = connect(gateway.port, "127.0.0.1").on("error", () => undefined);
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`);
    return () => socket.destroy();
  },
  "HTTP/2": () => {
    const client = secure.open();
    post(client, "/").end(BODY);
    return () => client.destroy();
  },
};

test.each(Object.entries(clients))("of %s", async (_, start) => {
  const leaving = Array.from({ length: COUNT }, start);
  await waitFor("the invocations", () => answers.length === COUNT);
  for (const leave of leaving) leave();
  await waitFor("no connection", () => gateway.connections() + secure.connections() === 0);
  // Nobody waits any more, though they run.
  await waitFor("their ends", () => statuses.length === COUNT);
  expect(statuses).toEqual(Array(COUNT).fill(499));
  expect(state().traffic).toMatchObject({ active: 0, inFlight: 0 });
  for (const answer of answers.splice(0)) answer(REPLY);
  await waitFor("nothing of them", () => {
    collect();
    return contexts.every((one) => one.deref() === undefined);
  });
  expect(statuses.length).toBe(COUNT);
  expect(gateway.logs().filter(({ level }) => level !== "debug")).toEqual([]);
});

test("a connection that has left one stream goes on with the others", async () => {
  const client = secure.open();
  const left = get(client, "/left");
  await waitFor("the invocation", () => answers.length === 1);
  const stays = get(client, "/stays");
  await waitFor("both", () => answers.length === 2);
  left.close(8);
  await waitFor("its end", () => statuses.length === 1);
  for (const answer of answers) answer(REPLY);
  const [headers] = await once(stays, "response");
  expect(headers[":status"]).toBe(200);
  stays.resume();
  await once(stays, "end");
  await waitFor("both ends", () => statuses.length === 2);
  expect(statuses).toEqual([499, 200]);
  client.destroy();
});
