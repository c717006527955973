/**
 * What the examples of docs/gateway/ take for granted at fixed ports of 127.0.0.1, served at free ones,
 * and the substitution of one for the other.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type ExamplePeers = AsyncDisposable & {
  /** Address of the examples, "127.0.0.1:1980", and the real one. */
  readonly addresses: ReadonlyMap<string, string>;
  /** Forgets what was received. */
  reset(): void;
};

/**
 * - 1980: `/hello` and others answer "hello world", `/uri…` with the request's target and headers,
 *   `/echo` with its body
 * - 1981: the same, but "hello other"
 * - 1999, 9411: answer a POST with 200, and a GET with the body that was posted last
 */
export async function startExamplePeers(): Promise<ExamplePeers> {
  let last = "";
  const sink = (incoming: IncomingMessage, body: string, response: ServerResponse): void => {
    if (incoming.method === "GET") {
      response.end(last);
      return;
    }
    last = body;
    response.end("{}");
  };
  const servers = new Map<string, Server>();
  for (const [address, answer] of [
    ["127.0.0.1:1980", greeter("hello world\n")],
    ["127.0.0.1:1981", greeter("hello other\n")],
    ["127.0.0.1:1999", sink],
    ["127.0.0.1:9411", sink],
  ] as const) {
    servers.set(address, await listen(answer));
  }
  const addressOf = (server: Server): string =>
    `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    addresses: new Map([...servers].map(([address, server]) => [address, addressOf(server)])),
    reset: () => {
      last = "";
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...servers.values()].map(close));
    },
  };
}

type Answerer = (incoming: IncomingMessage, body: string, response: ServerResponse) => void;

function greeter(greeting: string): Answerer {
  return (incoming, body, response) => {
    const { url = "", headers } = incoming;
    response.setHeader("content-type", "text/plain");
    if (url.startsWith("/uri")) {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\n`);
      response.end([`uri: ${url}\n`, ...lines.sort()].join(""));
    } else {
      response.end(url.startsWith("/echo") ? body : greeting);
    }
  };
}

function listen(answer: Answerer): Promise<Server> {
  const server = createServer((incoming, response) => {
    const parts: Buffer[] = [];
    incoming.on("data", (part: Buffer) => parts.push(part));
    incoming.on("end", () => answer(incoming, Buffer.concat(parts).toString("utf8"), response));
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** Replaces each address on the left by the one on the right. */
export function substitute(text: string, addresses: Iterable<readonly [string, string]>): string {
  let result = text;
  for (const [from, to] of addresses) result = result.replaceAll(from, to);
  return result;
}
