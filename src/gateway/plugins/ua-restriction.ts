/** `ua-restriction`: lets user agents in, or keeps them out, by regular expressions. */
import type { JsonObject } from "../../core/documents.ts";
import type { Plugin } from "../plugin.ts";
import { compilePatterns, patternProblem } from "./lib/patterns.ts";

export type UaRestrictionConf = {
  readonly bypass_missing: boolean;
  readonly allowlist?: readonly string[];
  readonly denylist?: readonly string[];
  readonly message: string;
};

const RULES: JsonObject = {
  type: "array",
  minItems: 1,
  items: { type: "string", minLength: 1 },
};

export const uaRestriction: Plugin<UaRestrictionConf> = {
  name: "ua-restriction",
  version: 0.1,
  priority: 2999,
  schema: {
    type: "object",
    properties: {
      bypass_missing: { type: "boolean", default: false },
      allowlist: RULES,
      denylist: RULES,
      message: { type: "string", minLength: 1, maxLength: 1024, default: "Not allowed" },
    },
    oneOf: [{ required: ["allowlist"] }, { required: ["denylist"] }],
  },
  check: ({ allowlist, denylist }) => patternProblem(allowlist) ?? patternProblem(denylist),
  create: () => {
    const compiled = new WeakMap<UaRestrictionConf, readonly RegExp[]>();
    return {
      access: (conf, ctx) => {
        const agents = ctx.request.headers.getAll("user-agent").map((agent) => agent.trim());
        const rules = compiled.get(conf) ?? compilePatterns(conf.allowlist ?? conf.denylist);
        compiled.set(conf, rules);
        if (isAllowed(conf, agents, rules)) return undefined;
        return { status: 403, body: { message: conf.message } };
      },
    };
  },
};

/** Of several agents one on the list is enough, to be let in or to be kept out. */
function isAllowed(
  conf: UaRestrictionConf,
  agents: readonly string[],
  rules: readonly RegExp[],
): boolean {
  if (agents.length === 0) return conf.bypass_missing;
  const isListed = agents.some((agent) => rules.some((rule) => rule.test(agent)));
  return isListed === (conf.allowlist !== undefined);
}
