/** What a Node.js process keeps in memory when all garbage has been collected, over its inspector. */
import { once } from "node:events";
import { WebSocket } from "ws";
import { waitFor } from "./wait-for.ts";

/** Of the environment of a process that is to be looked at. */
export const INSPECTED = { NODE_OPTIONS: "--inspect=127.0.0.1:0" } as const;

export type HeapProbe = Disposable & {
  /** Bytes of objects and buffers that are in use; collects the garbage before. */
  used(): Promise<number>;
};

/** `log` is what the process has written to stderr so far. */
export async function probeHeap(log: () => string): Promise<HeapProbe> {
  const address = (): string | undefined => /Debugger listening on (ws:\S+)/.exec(log())?.[1];
  await waitFor("the inspector's address", () => address() !== undefined);
  const socket = new WebSocket(address() ?? "");
  await once(socket, "open");
  let calls = 0;
  const call = async (method: string, params: object = {}): Promise<Record<string, unknown>> => {
    const id = ++calls;
    socket.send(JSON.stringify({ id, method, params }));
    for (;;) {
      const [data] = (await once(socket, "message")) as [Buffer];
      const answer = JSON.parse(data.toString()) as { id?: number; result?: object };
      if (answer.id === id) return { ...answer.result };
    }
  };
  await call("HeapProfiler.enable");
  return {
    used: async () => {
      // What is let go by finalizers goes with the next collection.
      for (let time = 0; time < 3; time++) await call("HeapProfiler.collectGarbage");
      const expression =
        "(({heapUsed, arrayBuffers}) => heapUsed + arrayBuffers)(process.memoryUsage())";
      const { result } = await call("Runtime.evaluate", { expression });
      return (result as { readonly value: number }).value;
    },
    [Symbol.dispose]: () => socket.terminate(),
  };
}
