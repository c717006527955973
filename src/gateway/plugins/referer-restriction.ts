/** `referer-restriction`: lets requests in, or keeps them out, by the host of their referer. */
import type { Plugin } from "../plugin.ts";
import { HOST } from "../schema/common.ts";

export type RefererRestrictionConf = {
  readonly bypass_missing: boolean;
  readonly whitelist?: readonly string[];
  readonly blacklist?: readonly string[];
  readonly message: string;
};

export const refererRestriction: Plugin<RefererRestrictionConf> = {
  name: "referer-restriction",
  version: 0.1,
  priority: 2990,
  schema: {
    type: "object",
    properties: {
      bypass_missing: { type: "boolean", default: false },
      whitelist: { type: "array", items: HOST, minItems: 1 },
      blacklist: { type: "array", items: HOST, minItems: 1 },
      message: {
        type: "string",
        minLength: 1,
        maxLength: 1024,
        default: "Your referer host is not allowed",
      },
    },
    oneOf: [{ required: ["whitelist"] }, { required: ["blacklist"] }],
  },
  create: () => ({
    access: (conf, ctx) => {
      const referer = ctx.request.headers.get("referer");
      const host = referer === undefined ? undefined : hostOfReferer(referer);
      if (isAllowed(conf, host)) return undefined;
      return { status: 403, body: { message: conf.message } };
    },
  }),
};

/** Undefined: not a URL with a host. In the spelling of the client. */
export function hostOfReferer(referer: string): string | undefined {
  return /^(?:https?:)?\/\/([^[\]:/?]+|\[.+\])(?::\d+)?(?:[/?]|$)/.exec(referer)?.[1];
}

function isAllowed(conf: RefererRestrictionConf, host: string | undefined): boolean {
  if (host === undefined) return conf.bypass_missing;
  const hosts = conf.whitelist ?? conf.blacklist ?? [];
  const isListed = hosts.some((one) =>
    one.startsWith("*") ? host.endsWith(one.slice(1)) : host === one,
  );
  return isListed === (conf.whitelist !== undefined);
}
