/** What passes the listeners of a gateway, in the terms of nginx's status. */
export type TrafficCounts = {
  /** Connections that have sent a request, ever; and those of them that are open. */
  readonly accepted: number;
  readonly active: number;
  /** Requests, ever; and those that are being answered. */
  readonly requests: number;
  readonly inFlight: number;
};

export class Traffic implements TrafficCounts {
  accepted = 0;
  active = 0;
  requests = 0;
  inFlight = 0;

  /** Called with the first request of each connection. */
  connected(socket: { once(event: "close", listener: () => void): unknown }): void {
    this.accepted += 1;
    this.active += 1;
    socket.once("close", () => {
      this.active -= 1;
    });
  }

  begun(): void {
    this.requests += 1;
    this.inFlight += 1;
  }

  readonly ended = (): void => {
    this.inFlight -= 1;
  };
}
