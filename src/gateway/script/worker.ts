/** The thread of the sandboxes: one thing after the other, with questions in between. */
import { type MessagePort, receiveMessageOnPort, workerData } from "node:worker_threads";
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSWASMModule,
  RELEASE_SYNC,
} from "quickjs-emscripten";
import { ScriptEngine } from "./engine.ts";
import { SourceError } from "./engine-errors.ts";
import { type FromSandbox, TO_GATEWAY, TO_SANDBOX, type ToSandbox } from "./protocol.ts";

/** The types of the platform have no name for it. */
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number; readonly maximum: number }) => object;
};

const { port, counters } = workerData as { port: MessagePort; counters: Int32Array };
const PAGE_BYTES = 64 * 1024;
/** What the engine is built for. */
const INITIAL_PAGES = 256;
const engines = new Map<number, ScriptEngine>();

function send(message: FromSandbox): void {
  port.postMessage(message);
  Atomics.add(counters, TO_GATEWAY, 1);
  Atomics.notify(counters, TO_GATEWAY);
}

/** Waits for the next message without a turn of the event loop. */
function next(): ToSandbox {
  for (;;) {
    const seen = Atomics.load(counters, TO_SANDBOX);
    const received = receiveMessageOnPort(port);
    if (received !== undefined) return received.message as ToSandbox;
    Atomics.wait(counters, TO_SANDBOX, seen);
  }
}

function ask(operation: string, name: string, value: string): string | undefined {
  send({ type: "ask", operation, name, value });
  const reply = next();
  if (reply.type !== "answer") throw new Error(`unexpected message ${reply.type}`);
  if (reply.error !== undefined) throw new Error(reply.error);
  return reply.text;
}

/** With a memory of its own, which cannot grow beyond the limit. */
function createModule(memoryBytes: number): Promise<QuickJSWASMModule> {
  const maximum = Math.max(INITIAL_PAGES, Math.floor(memoryBytes / PAGE_BYTES));
  const wasmMemory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum });
  return newQuickJSWASMModuleFromVariant(newVariant(RELEASE_SYNC, { wasmMemory }));
}

async function load({ id, sources, conf, limits }: ToSandbox & { type: "load" }): Promise<void> {
  const module = await createModule(limits.memoryBytes);
  const engine = new ScriptEngine({ module, conf, limits, ask });
  for (const source of sources) engine.add(source);
  engines.set(id, engine);
}

function engineOf(id: number): ScriptEngine {
  const engine = engines.get(id);
  if (engine === undefined) throw new Error(`there is no sandbox ${id}`);
  return engine;
}

async function perform(message: ToSandbox): Promise<string | undefined> {
  switch (message.type) {
    case "load":
      await load(message);
      return undefined;
    case "call":
      return engineOf(message.id).call(message.at, message.piece);
    case "test":
      return String(engineOf(message.id).test(message.at));
    default:
      throw new Error(`unexpected message ${message.type}`);
  }
}

/** Until the thread is ended. */
async function main(): Promise<never> {
  // Loads what is loaded once, so that the first sandbox is there sooner.
  await createModule(0);
  send({ type: "ready" });
  for (;;) {
    const message = next();
    // Memory and all go with the engine's module.
    if (message.type === "drop") engines.delete(message.id);
    else await answer(message);
  }
}

async function answer(message: ToSandbox): Promise<void> {
  try {
    send({ type: "done", text: await perform(message) });
  } catch (error) {
    // A fault of the machine itself: what is left of this engine is not to be trusted.
    const isFault = error instanceof Error && error.name === "RuntimeError";
    if (isFault && "id" in message) engines.delete(message.id);
    const text = error instanceof Error ? error.message : String(error);
    send({ type: "failed", isSource: error instanceof SourceError, message: text });
  }
}

await main();
