// A real HTTP server that keeps entities in a map, in the shapes of the REST API, and remembers what
// it was asked. It is for what a deployment sends; how a platform answers is tested end to end.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

type Entity = Record<string, unknown>;
type Answer = { readonly status?: number; readonly body?: unknown };

export type EntityServer = AsyncDisposable & {
  readonly host: string;
  /** "PUT packages/demo" and the like, in order; reads of the root left out */
  readonly asked: string[];
  /** by "collection/name" */
  readonly entities: Map<string, Entity>;
  /** bodies of invocations and of calls of the API management, by "METHOD path" */
  readonly bodies: Map<string, Entity[]>;
  /** answers to give instead, by "METHOD path"; each is used once */
  readonly faults: Map<string, Answer[]>;
  /** results of actions by their path */
  readonly results: Map<string, unknown>;
};

const RUNTIMES = {
  runtimes: {
    nodejs: [
      { kind: "nodejs:14", default: false, deprecated: false },
      { kind: "nodejs:20", default: true, deprecated: false },
      { kind: "nodejs:6", default: false, deprecated: true },
    ],
    python: [{ kind: "python:3.11", default: true, deprecated: false }],
    java: [{ kind: "java:8", default: true, deprecated: false }],
  },
};

export async function startEntityServer(): Promise<EntityServer> {
  const state = {
    asked: [] as string[],
    entities: new Map<string, Entity>(),
    bodies: new Map<string, Entity[]>(),
    faults: new Map<string, Answer[]>(),
    results: new Map<string, unknown>(),
  };
  const server = createServer(async (request, response) => reply(response, await answer(request)));
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const text = (await buffer(request)).toString("utf8");
    const body: Entity = text === "" ? {} : JSON.parse(text);
    const url = new URL(request.url ?? "", "http://host");
    if (url.pathname === "/") return { body: RUNTIMES };
    const path = decodeURIComponent(url.pathname).replace("/api/v1/", "");
    const short = path.replace(/^namespaces\/_\//, "");
    const call = `${request.method} ${short}`;
    state.asked.push(call);
    const fault = state.faults.get(call)?.shift();
    if (fault !== undefined) return fault;
    if (request.method === "POST") {
      state.bodies.set(call, [...(state.bodies.get(call) ?? []), body]);
    }
    return handle(request.method ?? "", short, body, state);
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    ...state,
    host: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function reply(response: ServerResponse, { status = 200, body = {} }: Answer): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}

type State = Pick<EntityServer, "entities" | "results">;

function handle(method: string, path: string, body: Entity, state: State): Answer {
  if (path.startsWith("web/")) {
    const answer = { apis: [{ value: { apidoc: {} } }], apidoc: {} };
    return { body: state.results.get(path) ?? answer };
  }
  const [collection = "", ...rest] = path.split("/");
  const name = rest.join("/");
  if (name === "" || name.endsWith("/")) return { body: list(collection, name, state) };
  if (method === "PUT") return { body: put(collection, name, body, state) };
  if (method === "POST" && collection === "rules") return {};
  if (method === "POST" || collection === "namespaces") return invoke(path, state);
  const found = state.entities.get(path);
  if (found === undefined) {
    return { status: 404, body: { error: "The requested resource does not exist.", code: "c" } };
  }
  if (method === "DELETE") state.entities.delete(path);
  return { body: found };
}

function invoke(path: string, state: State): Answer {
  const result = state.results.get(path) ?? {};
  const failed = typeof result === "object" && result !== null && "error" in result;
  return {
    status: failed ? 502 : 200,
    body: { activationId: "a", response: { success: !failed, status: "s", result } },
  };
}

function put(collection: string, name: string, body: Entity, { entities }: State): Entity {
  const parts = name.split("/");
  const namespace = ["guest", ...parts.slice(0, -1)].join("/");
  const entity = {
    parameters: [],
    annotations: [],
    ...(collection === "packages" ? { binding: {} } : {}),
    ...body,
    ...(collection === "rules"
      ? { action: reference(body["action"]), trigger: reference(body["trigger"]) }
      : {}),
    namespace,
    name: parts.at(-1),
  };
  entities.set(`${collection}/${name}`, entity);
  return entity;
}

function reference(given: unknown): Entity {
  const parts = String(given).slice(1).replace(/^_\//, "guest/").split("/");
  return { path: parts.slice(0, -1).join("/"), name: parts.at(-1) };
}

function list(collection: string, folder: string, { entities }: State): Entity[] {
  const begin = `${collection}/${folder}`;
  return [...entities].filter(([path]) => path.startsWith(begin)).map(([, entity]) => entity);
}
