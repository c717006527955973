/** The parts of an answer over HTTP/2, handed over faster than its client takes them. */
import { once } from "node:events";
import { connect, createServer, type Http2ServerResponse } from "node:http2";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { HeaderList } from "../../../src/gateway/header-list.ts";
import { Http2Sink } from "../../../src/gateway/node-sink.ts";

const LONG = Buffer.alloc(300 * 1024, "a");

/** What a client gets of an answer that is written like this. */
async function received(answer: (sink: Http2Sink) => void): Promise<Buffer> {
  const server = createServer((_request, response: Http2ServerResponse) => {
    const sink = new Http2Sink(response);
    sink.head(200, new HeaderList());
    answer(sink);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  try {
    const stream = client.request({ ":path": "/" });
    const parts: Buffer[] = [];
    stream.on("data", (part: Buffer) => parts.push(part));
    await once(stream, "end");
    return Buffer.concat(parts);
  } finally {
    client.destroy();
    server.close();
  }
}

test("what follows a long piece at once comes behind it", async () => {
  const body = await received((sink) => {
    expect(sink.write(LONG)).toBe(false);
    expect(sink.write(Buffer.from("b"))).toBe(false);
    expect(sink.write(LONG)).toBe(false);
    sink.end("c");
  });
  expect(body.equals(Buffer.concat([LONG, Buffer.from("b"), LONG, Buffer.from("c")]))).toBe(true);
});

test("an end without a last piece waits for a long piece", async () => {
  const body = await received((sink) => {
    sink.write(LONG);
    sink.end();
  });
  expect(body.equals(LONG)).toBe(true);
});

test("more is asked for when a long piece and what came behind it are taken", async () => {
  const body = await received((sink) => {
    sink.onDrain(() => sink.end("c"));
    sink.write(LONG);
    sink.write(Buffer.from("b"));
  });
  expect(body.equals(Buffer.concat([LONG, Buffer.from("bc")]))).toBe(true);
});
