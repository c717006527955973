/** Bodies through streams of plugins, for clients that go before the end. */
import { PassThrough, Readable } from "node:stream";
import { expect, test } from "vitest";
import { BodyWriter, writeStream } from "../../../src/gateway/answer.ts";
import { ClientResponse } from "../../../src/gateway/client-response.ts";
import type { Sink } from "../../../src/gateway/sink.ts";

/** A client that takes nothing, until it goes. */
class SlowSink implements Sink {
  isGone = false;
  private readonly listeners: ((complete: boolean) => void)[] = [];

  head(): void {}
  write(): boolean {
    return false;
  }
  end(): void {}
  abort(): void {
    this.go();
  }
  onDrain(): void {}
  onDone(listener: (complete: boolean) => void): void {
    this.listeners.push(listener);
  }
  go(): void {
    if (this.isGone) return;
    this.isGone = true;
    for (const listener of this.listeners) listener(false);
  }
}

function endless(): Readable {
  return new Readable({
    read() {
      this.push(Buffer.alloc(16 * 1024));
    },
  });
}

test.each(["the client goes", "the stream fails"])("the source is let go when %s", async (what) => {
  const response = new ClientResponse();
  const transform = new PassThrough();
  response.transform(transform);
  const sink = new SlowSink();
  const writer = new BodyWriter(response, sink, [], false);
  const source = endless();
  const written = writeStream(writer, source, sink);
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (transform.writableNeedDrain && transform.readableLength > 0) resolve();
      else setImmediate(look);
    };
    look();
  });
  if (what === "the client goes") sink.go();
  else transform.destroy(new Error("failed"));
  await written;
  expect(source.destroyed).toBe(true);
});

test("a piece for a stream that is gone already is not waited for", async () => {
  const response = new ClientResponse();
  const transform = new PassThrough();
  response.transform(transform);
  const sink = new SlowSink();
  const writer = new BodyWriter(response, sink, [], false);
  const closed = new Promise((resolve) => transform.once("close", resolve));
  sink.go();
  await closed;
  expect(writer.write(Buffer.from("a"))).toBe(false);
  await writer.ready();
});
