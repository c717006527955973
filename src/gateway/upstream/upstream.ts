/** One configured upstream: its nodes, how they are chosen, and the connections to them. */
import type { JsonObject } from "../../core/documents.ts";
import { type Node, parseUpstream, type UpstreamConf } from "./conf.ts";
import { createNodeTransport } from "./node-transport.ts";
import type { Picker } from "./picker.ts";
import { createRoundRobin } from "./round-robin.ts";
import type { Transport } from "./transport.ts";

export class Upstream {
  readonly conf: UpstreamConf;
  readonly transport: Transport;
  private readonly picker: Picker;

  constructor(raw: JsonObject) {
    this.conf = parseUpstream(raw);
    this.picker = createRoundRobin(this.conf.nodes);
    this.transport = createNodeTransport({
      size: this.conf.pool.size,
      idleMs: this.conf.pool.idleMs,
      ...(this.conf.scheme === "https" ? { tls: { rejectUnauthorized: false } } : {}),
    });
  }

  get pick(): Picker["pick"] {
    return this.picker.pick.bind(this.picker);
  }

  get nodes(): readonly Node[] {
    return this.conf.nodes;
  }

  close(): void {
    this.transport.close();
  }
}
