/** `ip-restriction`: lets addresses in, or keeps them out. */
import { compileAddresses, ExpressionError } from "../expression.ts";
import type { Plugin } from "../plugin.ts";
import { ADDRESSES } from "../schema/common.ts";

export type IpRestrictionConf = {
  readonly message: string;
  readonly response_code: number;
  readonly whitelist?: readonly string[];
  readonly blacklist?: readonly string[];
};

export const ipRestriction: Plugin<IpRestrictionConf> = {
  name: "ip-restriction",
  version: 0.1,
  priority: 3000,
  schema: {
    type: "object",
    properties: {
      message: {
        type: "string",
        minLength: 1,
        maxLength: 1024,
        default: "Your IP address is not allowed",
      },
      response_code: { type: "integer", minimum: 403, maximum: 404, default: 403 },
      whitelist: { type: "array", items: { anyOf: ADDRESSES }, minItems: 1 },
      blacklist: { type: "array", items: { anyOf: ADDRESSES }, minItems: 1 },
    },
    oneOf: [{ required: ["whitelist"] }, { required: ["blacklist"] }],
  },
  check: ({ whitelist = [], blacklist = [] }) => {
    try {
      compileAddresses([...whitelist, ...blacklist]);
      return undefined;
    } catch (error) {
      if (error instanceof ExpressionError) return error.message;
      throw error;
    }
  },
  create: () => {
    const compiled = new WeakMap<IpRestrictionConf, (address: string) => boolean>();
    return {
      access: (conf, ctx) => {
        let isListed = compiled.get(conf);
        if (isListed === undefined) {
          isListed = compileAddresses(conf.whitelist ?? conf.blacklist ?? []);
          compiled.set(conf, isListed);
        }
        const isAllowed = isListed(ctx.client.address) === (conf.whitelist !== undefined);
        if (isAllowed) return undefined;
        return { status: conf.response_code, body: { message: conf.message } };
      },
    };
  },
};
