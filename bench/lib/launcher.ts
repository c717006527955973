/**
 * The least that a cold start can be: the launcher of Node.js functions, started without sandbox,
 * pool or server, given one init and one run over fd 3 (docs/runtime-protocol.md).
 */
import { once } from "node:events";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { BODY, CODE, REPLY } from "./api.ts";
import { removeFolder, start, tempFolder } from "./children.ts";
import type { FunctionCommand } from "./functions.ts";
import { ROOT } from "./server.ts";

const LAUNCHER = join(ROOT, "runtimes", "nodejs", "launcher.cjs");
const HEADER_BYTES = 20;
const TYPE = { init: 1, run: 2, ready: 17, reply: 18 } as const;
const STATUS_OK = 200;
const MIB = 1024 * 1024;

const INIT = frame(
  TYPE.init,
  1,
  { concurrency: 1, logBytesMax: 10 * MIB, responseBytesMax: MIB, truncationBytes: MIB },
  { value: { name: "bench", main: "main", code: CODE, binary: false, env: {} } },
);
const RUN = frame(TYPE.run, 2, undefined, {
  value: JSON.parse(BODY) as unknown,
  activation_id: "0".repeat(32),
  deadline: String(Date.now() + 3_600_000),
});

export type Frame = { readonly type: number; readonly status: number; readonly body: string };

/** One frame: lengths of all and of the first part, sequence, status, type; then both parts. */
export function frame(type: number, sequence: number, meta: unknown, body: unknown): Buffer {
  const first = meta === undefined ? "" : JSON.stringify(meta);
  const text = Buffer.from(first + JSON.stringify(body));
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(text.length, 0);
  header.writeUInt32LE(Buffer.byteLength(first), 4);
  header.writeUInt32LE(sequence, 8);
  header.writeUInt8(type, 18);
  return Buffer.concat([header, text]);
}

/** Frames as they arrive, however the bytes are cut. */
export async function* frames(stream: AsyncIterable<Buffer>): AsyncGenerator<Frame, void> {
  let bytes = Buffer.alloc(0);
  for await (const chunk of stream) {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + bytes.readUInt32LE(0);
      if (bytes.length < end) break;
      const bodyStart = HEADER_BYTES + bytes.readUInt32LE(4);
      yield {
        type: bytes.readUInt8(18),
        status: bytes.readUInt16LE(16),
        body: bytes.toString("utf8", bodyStart, end),
      };
      bytes = bytes.subarray(end);
    }
  }
}

/** The next frame of this type; throws when the launcher refuses or ends. */
async function receive(incoming: AsyncGenerator<Frame, void>, type: number): Promise<Frame> {
  const next = await incoming.next();
  if (next.done) throw new Error("the launcher ended");
  const { status, body } = next.value;
  if (next.value.type !== type) throw new Error(`the launcher sent frame ${next.value.type}`);
  if (type === TYPE.reply && status !== STATUS_OK) throw new Error(`${status}: ${body}`);
  return next.value;
}

/** Milliseconds from the spawn to the result of the first run. */
export async function bareSpawn({ interpreter, flags }: FunctionCommand): Promise<number> {
  const folder = tempFolder();
  const begin = performance.now();
  const child = start(interpreter, [...flags, LAUNCHER, folder], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  });
  const exited = once(child, "exit");
  const pipe = child.stdio[3] as Duplex;
  const incoming = frames(pipe);
  await receive(incoming, TYPE.ready);
  pipe.write(INIT);
  await receive(incoming, TYPE.reply);
  pipe.write(RUN);
  const { body } = await receive(incoming, TYPE.reply);
  const ms = performance.now() - begin;
  child.kill("SIGKILL");
  await exited;
  removeFolder(folder);
  if (body !== REPLY) throw new Error(`the launcher answered ${body.slice(0, 200)}`);
  return ms;
}
