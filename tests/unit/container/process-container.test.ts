import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { AwakeWait } from "../../../src/container/awake-wait.ts";
import type { ContainerReply, InitRequest } from "../../../src/container/driver.ts";
import { FRAME, frameRoom, writeFrame } from "../../../src/container/frames.ts";
import { ProcessContainer } from "../../../src/container/process-container.ts";
import type { Spawner } from "../../../src/container/spawner.ts";

/** Calls of one container before the generation of its sequence numbers begins anew. */
const GENERATIONS = 1 << 20;
const INIT: InitRequest = {
  payload: "{}",
  concurrency: 1,
  logBytesMax: 1000,
  responseBytesMax: 1000,
  truncationBytes: 1000,
};
const LINE = "2026-01-01T00:00:00.000000000Z stdout: hello";

/** A container whose process is this test: it sees the sequence of each call and answers it. */
function setUp() {
  const sent: number[] = [];
  const socket = {
    on: () => socket,
    write: (bytes: Buffer) => sent.push(bytes.readUInt32LE(8)) > 0,
    destroyed: false,
    writableLength: 0,
  };
  const spawner = {
    // Nothing was printed past the launcher.
    drain: () => container.listener.drained(0),
    kill: () => undefined,
  };
  const container = new ProcessContainer(
    { name: "c", runtime: "nodejs:20", memoryMb: 256 },
    {
      spawner: spawner as unknown as Spawner,
      now: () => 0,
      awake: new AwakeWait(),
      startTimeoutMs: 60_000,
      schedule: () => undefined,
      released: () => undefined,
    },
  );
  container.attach({ id: 1, socket: socket as unknown as Socket });
  const scratch = Buffer.alloc(4096);
  const frame = Buffer.alloc(frameRoom(LINE, "{}"));
  const tell = (type: number, sequence: number, meta: string, body: string): void => {
    const end = writeFrame(frame, 0, type, sequence, meta, body);
    frame.writeUInt16LE(200, 16);
    container.read(frame, end);
  };
  const last = () => sent.at(-1) ?? 0;
  return {
    container,
    init(): ContainerReply | undefined {
      let got: ContainerReply | undefined;
      container.init(INIT, (reply) => {
        got = reply;
      });
      tell(FRAME.reply, last(), "", "{}");
      return got;
    },
    run(meta: string): ContainerReply | undefined {
      let got: ContainerReply | undefined;
      sent.length = 0;
      container.run("a", "{}", (reply) => {
        got = reply;
      });
      container.flush(scratch);
      tell(FRAME.reply, last(), meta, "{}");
      return got;
    },
    /** What is printed by an init that goes on. */
    printWhileLoading(): void {
      container.init(INIT, () => undefined);
      tell(FRAME.logs, last(), LINE, "");
    },
  };
}

describe("logs", () => {
  test("of every run are its own, also when the sequence numbers begin anew", () => {
    const { init, run } = setUp();
    expect(init()).toMatchObject({ type: "response", status: 200 });
    let strange = 0;
    for (let i = 0; i < GENERATIONS + 10; i += 1) {
      const reply = run(LINE);
      if (reply?.type !== "response" || reply.logs.length !== 1) strange += 1;
    }
    expect(strange).toBe(0);
  });

  test("of an init that takes too long are kept for its activation", () => {
    const { container, printWhileLoading } = setUp();
    printWhileLoading();
    expect(container.partialLogs("a")).toEqual([LINE]);
  });
});
