/**
 * Connections are shared by all upstreams with the same settings, as the original's pools are:
 * thousands of routes to one node need no connections of their own.
 */
import { Http1Transport, type Http1TransportOptions } from "./http1-transport.ts";
import type { Transport } from "./transport.ts";

export type Lease = {
  readonly transport: Transport;
  /** The last one closes the idle connections; a second time it does nothing. */
  readonly release: () => void;
};

type Shared = { readonly transport: Transport; users: number };

export class Transports {
  private readonly shared = new Map<string, Shared>();

  lease(options: Http1TransportOptions): Lease {
    const { size, idleMs, requests, tls } = options;
    const key = JSON.stringify([size, idleMs, requests, tls?.verify, tls?.cert, tls?.key]);
    const known = this.shared.get(key);
    const shared = known ?? { transport: new Http1Transport(options), users: 0 };
    this.shared.set(key, shared);
    shared.users++;
    let isHeld = true;
    const release = (): void => {
      if (isHeld) this.release(key, shared);
      isHeld = false;
    };
    return { transport: shared.transport, release };
  }

  /** The gateway stops. */
  close(): void {
    for (const { transport } of this.shared.values()) transport.close();
    this.shared.clear();
  }

  private release(key: string, shared: Shared): void {
    shared.users--;
    if (shared.users > 0) return;
    if (this.shared.get(key) === shared) this.shared.delete(key);
    shared.transport.close();
  }
}
