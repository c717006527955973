/** `real-ip`: takes the client's address from a header or another variable. */
import { isIP } from "node:net";
import { compileAddresses, ExpressionError } from "../expression.ts";
import type { Plugin, PluginServices } from "../plugin.ts";
import type { Endpoint, RequestContext } from "../request-context.ts";
import { ADDRESSES } from "../schema/common.ts";

export type RealIpConf = {
  /** Peers of which the source is believed; undefined: all. */
  readonly trusted_addresses?: readonly string[];
  /** Name of a variable: "http_x_forwarded_for", "arg_realip". */
  readonly source: string;
  readonly recursive: boolean;
};

type Trust = (address: string) => boolean;

const FORWARDED = "http_x_forwarded_for";

export const realIp: Plugin<RealIpConf> = {
  name: "real-ip",
  version: 0.1,
  priority: 23000,
  schema: {
    type: "object",
    properties: {
      trusted_addresses: { type: "array", items: { anyOf: ADDRESSES }, minItems: 1 },
      source: { type: "string", minLength: 1 },
      recursive: { type: "boolean", default: false },
    },
    required: ["source"],
  },
  check: ({ trusted_addresses: list = [] }) => list.map(addressProblem).find(Boolean),
  create: ({ log }) => {
    const trusts = new WeakMap<RealIpConf, Trust>();
    return {
      rewrite: (conf, ctx) => {
        const trust = trustOf(conf, trusts);
        if (trust !== undefined && !trust(ctx.client.address)) return undefined;
        const text = sourceOf(conf, ctx, trust);
        const found = text === undefined ? undefined : parseAddress(text);
        if (found === undefined) warn(log, text);
        else ctx.client = found;
        return undefined;
      },
    };
  },
};

function addressProblem(entry: string): string | undefined {
  try {
    compileAddresses([entry]);
    return undefined;
  } catch (error) {
    if (error instanceof ExpressionError) return error.message;
    throw error;
  }
}

function trustOf(conf: RealIpConf, known: WeakMap<RealIpConf, Trust>): Trust | undefined {
  const list = conf.trusted_addresses;
  if (list === undefined) return undefined;
  let trust = known.get(conf);
  if (trust === undefined) {
    trust = compileAddresses(list);
    known.set(conf, trust);
  }
  return trust;
}

function warn(log: PluginServices["log"], text: string | undefined): void {
  if (text === undefined) log("warn", "real-ip: missing real address");
  else log("warn", "real-ip: bad address", { address: text });
}

function sourceOf(
  { source, recursive }: RealIpConf,
  ctx: RequestContext,
  trust: Trust | undefined,
): string | undefined {
  if (source === FORWARDED) {
    // As the original: of several fields the last one counts.
    const list = ctx.request.headers.getAll("x-forwarded-for").at(-1);
    return list === undefined ? undefined : lastHop(list, recursive ? trust : undefined);
  }
  const value = ctx.var(source);
  return value === undefined ? undefined : String(value);
}

/**
 * The last address of a list; with `trust` the last one that is not trusted, and the first one when
 * all are.
 */
export function lastHop(list: string, trust: Trust | undefined): string {
  const hops = list.split(",").map((hop) => hop.trim());
  const found = trust === undefined ? hops.at(-1) : hops.findLast((hop) => !trust(hop));
  return found ?? hops[0] ?? "";
}

/** "1.2.3.4", "1.2.3.4:80", "::1", "[::1]", "[::1]:80"; port 0 when there is none. */
export function parseAddress(text: string): Endpoint | undefined {
  // An address with a zone ("%eth0") says nothing about a client elsewhere.
  if (text.includes("%")) return undefined;
  if (isIP(text) !== 0) return { address: text, port: 0 };
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text);
  const address = match?.[1] ?? match?.[2] ?? "";
  if (isIP(address) === 0 || (match?.[1] !== undefined) !== (isIP(address) === 6)) return undefined;
  if (match?.[3] === undefined) return { address, port: 0 };
  const port = Number(match[3]);
  return port >= 1 && port <= 65_535 ? { address, port } : undefined;
}
