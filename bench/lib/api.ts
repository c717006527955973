/** The few calls of the platform's API that the rows need, over one kept-alive connection. */
import { Client } from "undici";
import type { Server } from "./server.ts";
import { waitFor } from "./wait.ts";

/** The public key of `guest` that the standalone server starts with. */
export const AUTHORIZATION = `Basic ${Buffer.from(
  "23bc46b1-71f6-4ed5-8c54-816aa4f8c502:" +
    "123zO3xZCLrMN6v2BKK1dXYFpXlPkccOFqm12CdAsMgRU4VrNZ9lyGVCGuMDGIwP",
).toString("base64")}`;
export const BODY = '{"name":"world"}';
export const CODE = 'function main(args) { return { greeting: "Hello, " + args.name }; }';
export const REPLY = '{"greeting":"Hello, world"}';
const NAMESPACE = "/api/v1/namespaces/_";
const SETTLE_MAX_MS = 10_000;

/** Path of a blocking invocation that answers with the result alone. */
export function invokePath(action: string): string {
  return `${NAMESPACE}/actions/${action}?blocking=true&result=true`;
}

export class Api {
  readonly #client: Client;

  constructor(server: Server) {
    this.#client = new Client(server.url, { pipelining: 1 });
  }

  /** Sends one request; the body's text and the time from sending to its last byte. */
  async send(method: string, path: string, body?: string): Promise<{ text: string; ms: number }> {
    const headers = { authorization: AUTHORIZATION, "content-type": "application/json" };
    const begin = performance.now();
    const reply = await this.#client.request({ method, path, headers, body: body ?? null });
    const text = await reply.body.text();
    const ms = performance.now() - begin;
    if (reply.statusCode !== 200) {
      throw new Error(`${method} ${path} answered ${reply.statusCode}: ${text.slice(0, 500)}`);
    }
    return { text, ms };
  }

  /** Creates the action that all rows call; `limits` as in an action document. */
  async createAction(name: string, limits: Readonly<Record<string, number>> = {}): Promise<void> {
    const exec = { kind: "nodejs:default", code: CODE };
    const document = JSON.stringify({ exec, limits });
    await this.send("PUT", `${NAMESPACE}/actions/${name}`, document);
  }

  /** Invokes it once, checks the result; milliseconds. */
  async invoke(action: string): Promise<number> {
    const { text, ms } = await this.send("POST", invokePath(action), BODY);
    if (text !== REPLY) throw new Error(`${action} answered ${text.slice(0, 200)}`);
    return ms;
  }

  async countActivations(action: string): Promise<number> {
    const path = `${NAMESPACE}/activations?count=true&name=${action}`;
    const { text } = await this.send("GET", path);
    return (JSON.parse(text) as { activations: number }).activations;
  }

  /**
   * Compares stored activations with completed requests once the store has settled. A load tool
   * that stops leaves at most one request per connection running: those have a record, too.
   */
  async checkActivations(
    action: string,
    expected: { readonly completed: number; readonly inFlightMax: number },
  ): Promise<void> {
    const { completed, inFlightMax } = expected;
    let count = await this.countActivations(action);
    const settled = async (): Promise<boolean> => {
      const before = count;
      count = await this.countActivations(action);
      return count === before && count >= completed;
    };
    await waitFor(settled, { timeoutMs: SETTLE_MAX_MS, everyMs: 100 });
    if (count < completed || count > completed + inFlightMax) {
      throw new Error(
        `${completed} requests completed (and at most ${inFlightMax} more were under way), ` +
          `but ${count} activations of ${action} are stored`,
      );
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}
