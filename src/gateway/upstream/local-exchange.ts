/** An exchange with a part of this very program instead of a node: no socket, the same answer. */
import type { Readable } from "node:stream";
import type { ClientRequest } from "../client-request.ts";
import type { HeaderList } from "../header-list.ts";
import type { HttpClient } from "../http-call.ts";
import type { AnswerBody, BodyReader, ExchangeAnswer } from "./transport.ts";
import { ExchangeError } from "./transport.ts";

export type LocalExchange = {
  readonly client: HttpClient;
  /** "http://127.0.0.1:3233" */
  readonly origin: string;
  readonly request: ClientRequest;
  readonly headers: HeaderList;
  readonly timeoutMs: number;
};

/** The request's body is read into memory: what answers takes it whole. */
export async function exchangeLocally(exchange: LocalExchange): Promise<ExchangeAnswer> {
  const { client, origin, request, headers, timeoutMs } = exchange;
  const begun = performance.now();
  const body = request.hasBody ? await request.readBody() : undefined;
  try {
    const answer = await client({
      method: request.method,
      url: `${origin}${request.target}`,
      headers,
      timeoutMs,
      ...(body === undefined ? {} : { body }),
    });
    return {
      status: answer.status,
      headers: answer.headers,
      body: bodyOf(answer.body),
      connectMs: 0,
      headerMs: performance.now() - begun,
    };
  } catch (error) {
    const isLate = error instanceof Error && error.message === "timeout";
    throw new ExchangeError(isLate ? "timeout" : "reset", { wasSent: true, cause: error });
  }
}

function bodyOf(stream: Readable): AnswerBody {
  return {
    start: (reader) => startReading(stream, reader),
    resume: () => void stream.resume(),
    destroy: () => void stream.destroy(),
  };
}

function startReading(stream: Readable, reader: BodyReader): void {
  let isOver = false;
  const over = (tell: () => void): void => {
    if (isOver) return;
    isOver = true;
    tell();
  };
  stream.on("data", (chunk: Buffer) => {
    if (!reader.data(chunk)) stream.pause();
  });
  stream.on("end", () => over(() => reader.end()));
  stream.on("error", () => over(() => reader.fail()));
  stream.on("close", () => over(() => reader.fail()));
}
