/** The few calls of the gateway's Admin API that the rows need. */
import { Pool } from "undici";
import type { Server } from "./server.ts";

/** The key of the tutorials, which a gateway on loopback takes. */
export const ADMIN_KEY = "edd1c9f034335f136f87ad84b625c8f1";

export class GatewayApi {
  readonly #pool: Pool;

  constructor(server: Server, connections = 1) {
    const origin = server.urls["gateway-admin"];
    if (origin === undefined) throw new Error("the server has no Admin API");
    this.#pool = new Pool(origin, { connections, pipelining: 1 });
  }

  /** Writes a resource such as "routes/1"; milliseconds until it was answered. */
  async put(path: string, value: object): Promise<number> {
    const begin = performance.now();
    const { statusCode, body } = await this.#pool.request({
      method: "PUT",
      path: `/apisix/admin/${path}`,
      headers: { "x-api-key": ADMIN_KEY, "content-type": "application/json" },
      body: JSON.stringify(value),
    });
    const text = await body.text();
    const ms = performance.now() - begin;
    if (statusCode > 201) throw new Error(`PUT ${path} answered ${statusCode}: ${text}`);
    return ms;
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}

/** Waits until the gateway's port answers 200 for the path. */
export async function routed(server: Server, path: string): Promise<void> {
  const deadline = performance.now() + 5000;
  for (;;) {
    const answer = await fetch(`${server.url}${path}`);
    await answer.arrayBuffer();
    if (answer.status === 200) return;
    if (performance.now() > deadline) throw new Error(`${path} answers ${answer.status}`);
  }
}
