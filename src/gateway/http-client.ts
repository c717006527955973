/** The HTTP client of plugins: over sockets that are kept, or in process where that is possible. */
import type { Agent, IncomingMessage } from "node:http";
import { HELD_BODY_BYTES_MAX } from "./client-request.ts";
import { HeaderList } from "./header-list.ts";
import type { HttpAnswer, HttpCall, HttpClient, LocalCall } from "./http-call.ts";
import { readAll } from "./read-body.ts";

// Imports would evaluate every export of the modules, which is felt at the start.
const http = process.getBuiltinModule("node:http");
const https = (): typeof import("node:https") => process.getBuiltinModule("node:https");

export type OwnedHttpClient = {
  readonly call: HttpClient;
  /** What of it needs no socket, for those who do not want to wait for a promise. */
  readonly local: LocalCall;
  readonly close: () => void;
};

const TIMEOUT_MS = 3000;
const KEEPALIVE = { idleMs: 60_000, size: 5 };

export function createHttpClient(local: LocalCall = () => false): OwnedHttpClient {
  const agents = new Map<string, Agent>();
  const agentFor = (call: HttpCall, isTls: boolean): Agent | false => {
    const { keepalive = KEEPALIVE, sslVerify = true } = call;
    if (keepalive === false) return false;
    const key = `${isTls} ${sslVerify} ${keepalive.idleMs} ${keepalive.size}`;
    const known = agents.get(key);
    if (known !== undefined) return known;
    const options = { keepAlive: true, maxFreeSockets: keepalive.size, timeout: keepalive.idleMs };
    const made = isTls ? new (https().Agent)(options) : new http.Agent(options);
    agents.set(key, made);
    return made;
  };
  return {
    call: (call) =>
      new Promise((resolve, reject) => {
        if (local(call, resolve, reject)) return;
        send(call, agentFor(call, call.url.startsWith("https:"))).then(resolve, reject);
      }),
    local,
    close: () => {
      for (const agent of agents.values()) agent.destroy();
    },
  };
}

function send(call: HttpCall, agent: Agent | false): Promise<HttpAnswer> {
  const { url, timeoutMs = TIMEOUT_MS, method = "GET", sslVerify = true } = call;
  const target = splitUrl(url);
  if (target === undefined) return Promise.reject(new Error("bad uri: an http(s) URL is expected"));
  const body = call.body === undefined ? undefined : Buffer.from(call.body);
  const headers = call.headers?.copy() ?? new HeaderList();
  if (!headers.has("host")) headers.set("Host", target.authority);
  if (!headers.has("content-length") && (body !== undefined || method === "POST")) {
    headers.set("Content-Length", body?.length ?? 0);
  }
  return new Promise((resolve, reject) => {
    const open = target.isTls ? https().request : http.request;
    const request = open({
      agent,
      host: target.host,
      port: target.port,
      path: target.path,
      method,
      headers: headers.raw,
      setHost: false,
      ...(target.isTls ? { rejectUnauthorized: sslVerify } : {}),
    });
    // Covers connecting, which a socket's own timeout does not while a name is resolved.
    const clock = setTimeout(() => request.destroy(new Error("timeout")), timeoutMs);
    request.once("socket", (socket) => {
      const connected = (): void => {
        clearTimeout(clock);
        request.setTimeout(timeoutMs, () => request.destroy(new Error("timeout")));
      };
      if (socket.connecting) socket.once(target.isTls ? "secureConnect" : "connect", connected);
      else connected();
    });
    request.once("close", () => clearTimeout(clock));
    request.on("error", reject);
    request.on("response", (message) => resolve(answerOf(message)));
    request.end(body);
  });
}

function answerOf(message: IncomingMessage): HttpAnswer {
  const bytes = (bytesMax = HELD_BODY_BYTES_MAX): Promise<Buffer> => readAll(message, bytesMax);
  return {
    status: message.statusCode ?? 0,
    headers: new HeaderList([...message.rawHeaders]),
    body: message,
    bytes,
    text: async (bytesMax) => (await bytes(bytesMax)).toString("utf8"),
  };
}

type UrlParts = {
  readonly isTls: boolean;
  readonly authority: string;
  readonly host: string;
  readonly port: number;
  readonly path: string;
};

/** Without normalising: the path goes out as it stands. */
function splitUrl(url: string): UrlParts | undefined {
  const match = /^(https?):\/\/((\[[^\]]+\]|[^:/?#]+)(?::(\d+))?)([^#]*)/i.exec(url);
  if (match === null) return undefined;
  const [, scheme = "", authority = "", host = "", port, rest = ""] = match;
  const isTls = scheme.toLowerCase() === "https";
  return {
    isTls,
    authority,
    host: host.replace(/^\[|\]$/g, ""),
    port: port === undefined ? (isTls ? 443 : 80) : Number(port),
    path: rest.startsWith("/") ? rest : `/${rest}`,
  };
}
