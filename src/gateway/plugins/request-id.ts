/** `request-id`: gives each request an id, for the upstream and, if wanted, for the client. */
import { randomBytes, randomInt, randomUUID } from "node:crypto";
import type { Plugin } from "../plugin.ts";
import { ConfSlots } from "./lib/conf-slots.ts";
import { uuid7Maker } from "./lib/uuid7.ts";

export type RequestIdConf = {
  readonly header_name: string;
  readonly include_in_response: boolean;
  readonly algorithm: "uuid" | "nanoid" | "range_id" | "ksuid" | "uuidv7";
  readonly range_id: { readonly length: number; readonly char_set: string };
};

const RANGE = {
  length: 16,
  char_set: "abcdefghijklmnopqrstuvwxyzABCDEFGHIGKLMNOPQRSTUVWXYZ0123456789",
};
/** 64 characters: six random bits are one of them. */
const NANOID = "-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const NANOID_LENGTH = 21;
const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** Seconds of 2014-05-13T16:53:20Z, from which ksuids count. */
const KSUID_EPOCH = 1_400_000_000;

export const requestId: Plugin<RequestIdConf> = {
  name: "request-id",
  version: 0.1,
  priority: 12015,
  schema: {
    type: "object",
    properties: {
      header_name: { type: "string", default: "X-Request-Id" },
      include_in_response: { type: "boolean", default: true },
      algorithm: {
        type: "string",
        enum: ["uuid", "nanoid", "range_id", "ksuid", "uuidv7"],
        default: "uuid",
      },
      range_id: {
        type: "object",
        properties: {
          length: { type: "integer", minimum: 6, default: RANGE.length },
          char_set: { type: "string", minLength: 6, default: RANGE.char_set },
        },
        default: RANGE,
      },
    },
  },
  create: ({ now }) => {
    const nextUuid7 = uuid7Maker(now);
    const given = new ConfSlots<RequestIdConf, string | readonly string[]>("request-id");
    return {
      rewrite: (conf, ctx) => {
        const { headers } = ctx.request;
        const sent = headers.getAll(conf.header_name);
        const [first = ""] = sent;
        const hasId = first !== "" || sent.length > 1;
        const id = hasId ? first : makeId(conf, now, nextUuid7);
        if (!hasId) headers.set(conf.header_name, id);
        // Of a client that sends several, each is given back.
        given.set(conf, ctx, sent.length > 1 ? sent : id);
        ctx.setVar("apisix_request_id", id);
        return undefined;
      },
      headerFilter: (conf, ctx) => {
        const id = given.get(conf, ctx);
        if (!conf.include_in_response || id === undefined) return;
        const { response } = ctx;
        if (!response.getHeader(conf.header_name)) response.setHeader(conf.header_name, id);
      },
    };
  },
};

function makeId(
  { algorithm, range_id: range }: RequestIdConf,
  now: () => number,
  nextUuid7: () => string,
): string {
  switch (algorithm) {
    case "uuid":
      return randomUUID();
    case "uuidv7":
      return nextUuid7();
    case "nanoid":
      return pick(
        NANOID,
        [...randomBytes(NANOID_LENGTH)].map((byte) => byte & 63),
      );
    case "range_id": {
      const { length, char_set: set } = range;
      return pick(
        set,
        Array.from({ length }, () => randomInt(set.length)),
      );
    }
    case "ksuid":
      return ksuid(now());
  }
}

function pick(characters: string, places: readonly number[]): string {
  return places.map((place) => characters[place]).join("");
}

/** 32 bits of time and 128 of chance in 27 characters that sort by time. */
function ksuid(now: number): string {
  const bytes = Buffer.alloc(20);
  bytes.writeUInt32BE(Math.floor(now / 1000) - KSUID_EPOCH, 0);
  randomBytes(16).copy(bytes, 4);
  let rest = BigInt(`0x${bytes.toString("hex")}`);
  let text = "";
  for (; rest > 0n; rest /= 62n) text = (BASE62[Number(rest % 62n)] ?? "") + text;
  return text.padStart(27, "0");
}
