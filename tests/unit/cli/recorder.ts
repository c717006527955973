// A real HTTP server that answers as scripted and remembers what it was asked.
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

export type Asked = {
  readonly method: string;
  readonly url: string;
  readonly body: string;
  readonly headers: IncomingMessage["headers"];
};

/** `body` is JSON text, or anything else that is made JSON. */
export type Scripted = { readonly status?: number; readonly body?: unknown };

export type Recorder = AsyncDisposable & {
  readonly host: string;
  readonly asked: readonly Asked[];
};

/** The answers are given in turn; the last one again and again. */
export async function startRecorder(...answers: readonly Scripted[]): Promise<Recorder> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const { method = "", url = "", headers } = request;
    const body = (await buffer(request)).toString("utf8");
    const answer = answers[Math.min(asked.length, answers.length - 1)] ?? {};
    asked.push({ method, url, body, headers });
    const text = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body ?? {});
    response.writeHead(answer.status ?? 200, { "Content-Type": "application/json" }).end(text);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    host: `http://127.0.0.1:${port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
