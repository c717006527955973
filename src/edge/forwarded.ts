/**
 * Who asked, and for which host, when proxies stand between: `X-Forwarded-*` is believed only when
 * the peer is on the list.
 */
import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";

/** As the first client meant it. */
export type Origin = {
  readonly proto: "http" | "https";
  /** Name, and port if one was given: "example.org:8443"; "" when nothing says. */
  readonly host: string;
  /** Address of the client. */
  readonly client: string;
};

const FORWARDED = new Set([
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-prefix",
  "x-forwarded-proto",
  "x-forwarded-server",
  "x-real-ip",
]);

export class TrustedProxies {
  readonly #list = new BlockList();
  /** True when nobody is trusted: then nothing is believed, and nothing taken off. */
  readonly isEmpty: boolean;

  /** `networks`: addresses, or networks such as "10.0.0.0/8". */
  constructor(networks: readonly string[]) {
    this.isEmpty = networks.length === 0;
    for (const network of networks) {
      const [address = "", bits] = network.split("/");
      const family = isIP(address) === 6 ? "ipv6" : "ipv4";
      if (bits === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(bits), family);
    }
  }

  trusts(address: string): boolean {
    const plain = plainAddress(address);
    const family = isIP(plain);
    return family !== 0 && this.#list.check(plain, family === 6 ? "ipv6" : "ipv4");
  }

  origin(request: IncomingMessage): Origin {
    const { headers, socket } = request;
    const peer = plainAddress(socket.remoteAddress ?? "");
    const own = "encrypted" in socket ? "https" : "http";
    if (this.isEmpty || !this.trusts(peer)) {
      return { proto: own, host: headers.host ?? "", client: peer };
    }
    const proto = lastOf(headers["x-forwarded-proto"])?.toLowerCase();
    return {
      proto: proto === "http" || proto === "https" ? proto : own,
      host: lastOf(headers["x-forwarded-host"]) ?? headers.host ?? "",
      client: this.#client(headers["x-forwarded-for"], peer),
    };
  }

  /** From the right, the first that is not a proxy of ours: what stands left of it, it made up. */
  #client(header: string | readonly string[] | undefined, peer: string): string {
    let client = peer;
    for (const entry of [header ?? []].flat().join(",").split(",").reverse()) {
      const address = plainAddress(entry.trim());
      if (isIP(address) === 0) break;
      client = address;
      if (!this.trusts(address)) break;
    }
    return client;
  }

  /** Takes what an untrusted peer says about others off its request. */
  clean(request: IncomingMessage): void {
    if (this.isEmpty || this.trusts(request.socket.remoteAddress ?? "")) return;
    // The headers are made of the raw ones when they are first asked for.
    const raw = request.rawHeaders;
    for (let at = raw.length - 2; at >= 0; at -= 2) {
      if (FORWARDED.has((raw[at] ?? "").toLowerCase())) raw.splice(at, 2);
    }
    for (const name of FORWARDED) delete request.headers[name];
  }
}

/** Each proxy adds at the right. */
function lastOf(header: string | readonly string[] | undefined): string | undefined {
  const text = [header ?? []].flat().join(",").split(",").at(-1)?.trim();
  return text === "" ? undefined : text;
}

/** "::ffff:10.0.0.1" → "10.0.0.1", "10.0.0.1:99" → "10.0.0.1", "[::1]:99" → "::1" */
function plainAddress(text: string): string {
  const bracketed = /^\[(.*)\](:\d+)?$/.exec(text)?.[1] ?? text;
  const address = /^([\d.]+):\d+$/.exec(bracketed)?.[1] ?? bracketed;
  return /^::ffff:([\d.]+)$/i.exec(address)?.[1] ?? address;
}
