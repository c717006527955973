/** `consumer-restriction`: lets consumers, their groups, routes or services in, or keeps them out. */
import type { Plugin, PluginExit } from "../plugin.ts";
import type { RequestContext } from "../request-context.ts";
import { METHOD } from "../schema/common.ts";

export type ConsumerRestrictionConf = {
  readonly type: "consumer_name" | "service_id" | "route_id" | "consumer_group_id";
  readonly blacklist?: readonly string[];
  readonly whitelist?: readonly string[];
  readonly allowed_by_methods?: readonly MethodRule[];
  readonly rejected_code: number;
  readonly rejected_msg?: string;
};

type MethodRule = { readonly user?: string; readonly methods?: readonly string[] };

export const consumerRestriction: Plugin<ConsumerRestrictionConf> = {
  name: "consumer-restriction",
  version: 0.1,
  priority: 2400,
  schema: {
    type: "object",
    properties: {
      type: {
        type: "string",
        enum: ["consumer_name", "service_id", "route_id", "consumer_group_id"],
        default: "consumer_name",
      },
      blacklist: { type: "array", minItems: 1, items: { type: "string" } },
      whitelist: { type: "array", minItems: 1, items: { type: "string" } },
      allowed_by_methods: {
        type: "array",
        items: {
          type: "object",
          properties: {
            user: { type: "string" },
            methods: { type: "array", minItems: 1, items: METHOD },
          },
        },
      },
      rejected_code: { type: "integer", minimum: 200, default: 403 },
      rejected_msg: { type: "string" },
    },
    anyOf: [
      { required: ["blacklist"] },
      { required: ["whitelist"] },
      { required: ["allowed_by_methods"] },
    ],
  },
  create: () => ({
    access: (conf, ctx) => {
      const value = subjectOf(conf, ctx);
      if (value === undefined) return unknownSubject(conf);
      return isAllowed(conf, value, ctx.request.method) ? undefined : rejection(conf);
    },
  }),
};

function subjectOf({ type }: ConsumerRestrictionConf, ctx: RequestContext): string | undefined {
  switch (type) {
    case "consumer_name":
      return ctx.consumer?.username;
    case "consumer_group_id":
      return ctx.consumer?.groupId;
    case "route_id":
      return ctx.route?.id;
    case "service_id":
      return ctx.route?.service?.id;
  }
}

/** The black list is above all; who is on the white list may use any method. */
export function isAllowed(conf: ConsumerRestrictionConf, value: string, method: string): boolean {
  const { blacklist = [], whitelist, allowed_by_methods: rules = [] } = conf;
  if (blacklist.includes(value)) return false;
  if (whitelist !== undefined) return whitelist.includes(value);
  const rule = rules.find(({ user }) => user === value);
  return rule?.methods?.includes(method) ?? true;
}

function unknownSubject({ type }: ConsumerRestrictionConf): PluginExit {
  const message = `The request is rejected, please check the ${type} for this request`;
  return { status: 401, body: { message } };
}

function rejection(conf: ConsumerRestrictionConf): PluginExit {
  const { rejected_code: status, rejected_msg: own, type } = conf;
  return { status, body: { message: own ?? `The ${type} is forbidden.` } };
}
