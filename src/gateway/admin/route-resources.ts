/** Routes, services, upstreams and stream routes. */
import type { Json, JsonObject } from "../../core/documents.ts";
import { postPathProblem } from "../body-variables.ts";
import { isObject } from "../schema/lua.ts";
import { RESOURCE_SCHEMAS } from "../schema/resources.ts";
import { Validator } from "../schema/validator.ts";
import { pluginsProblem } from "./plugin-check.ts";
import { firstUser, referenceProblem, refersTo, splitsTo } from "./references.ts";
import { type Candidate, type CheckServices, firstProblem, type Resource } from "./resource.ts";
import { upstreamProblem } from "./upstream-check.ts";

const BY_TARGET = ["service_id", "upstream_id"];

export function routeResources(services: CheckServices): Resource[] {
  return [routes(services), serviceResource(services), upstreams(services), streams(services)];
}

const common = { unsupported: [], filters: [], hasId: true } as const;

function routes(services: CheckServices): Resource {
  const { route: schema } = RESOURCE_SCHEMAS;
  const validator = new Validator(schema);
  return {
    ...common,
    name: "routes",
    kind: "route",
    filters: BY_TARGET,
    schema,
    check: (candidate) =>
      firstProblem(
        () => onlyOne(candidate.conf, "host", "hosts"),
        () => onlyOne(candidate.conf, "remote_addr", "remote_addrs"),
        () => schemaProblem(validator, candidate),
        () => innerUpstreamProblem(services, candidate),
        () => target(services, candidate, "upstream_id"),
        () => target(services, candidate, "service_id"),
        () => target(services, candidate, "plugin_config_id"),
        () => pluginsProblem(services, candidate.conf["plugins"]),
        () => varsProblem(services, candidate.conf),
        () => functionProblem(services, candidate.conf),
        () => scriptProblem(candidate.conf),
      ),
  };
}

function serviceResource(services: CheckServices): Resource {
  const { service: schema } = RESOURCE_SCHEMAS;
  const validator = new Validator(schema);
  const { store } = services;
  return {
    ...common,
    name: "services",
    kind: "service",
    schema,
    check: (candidate) =>
      firstProblem(
        () => schemaProblem(validator, candidate),
        () => innerUpstreamProblem(services, candidate),
        () => target(services, candidate, "upstream_id"),
        () => pluginsProblem(services, candidate.conf["plugins"]),
        () => scriptProblem(candidate.conf),
      ),
    async inUse(id) {
      for (const [folder, kind] of [
        ["routes", "route"],
        ["stream_routes", "stream_route"],
      ] as const) {
        const user = await firstUser(store, folder, (one) => refersTo(one, "service_id", id));
        if (user !== undefined) {
          return `can not delete this service directly, ${kind} [${user}] is still using it now`;
        }
      }
      return undefined;
    },
  };
}

/** Folder, and what texts call it; these two refer directly as well. */
const UPSTREAM_USERS: readonly (readonly [string, string])[] = [
  ["routes", "route"],
  ["services", "service"],
  ["plugin_configs", "plugin_config"],
  ["consumers", "consumer"],
  ["consumer_groups", "consumer_group"],
  ["global_rules", "global_rules"],
];
const DIRECT_USERS = new Set(["routes", "services"]);

function upstreams(services: CheckServices): Resource {
  const { store } = services;
  return {
    ...common,
    name: "upstreams",
    kind: "upstream",
    schema: RESOURCE_SCHEMAS.upstream,
    check: ({ conf, skipReferences }) => upstreamProblem(services, conf, skipReferences),
    async inUse(id) {
      for (const [folder, kind] of UPSTREAM_USERS) {
        for (const { value, key } of await store.list(`/${folder}`)) {
          const user = value["id"] ?? value["username"] ?? key.split("/").at(-1);
          const use = splitsTo(value, id)
            ? `plugin in ${kind}`
            : DIRECT_USERS.has(folder) && refersTo(value, "upstream_id", id)
              ? kind
              : undefined;
          if (use === undefined) continue;
          return `can not delete this upstream, ${use} [${user}] is still using it now`;
        }
      }
      return undefined;
    },
  };
}

function streams(services: CheckServices): Resource {
  const { stream_route: schema } = RESOURCE_SCHEMAS;
  const validator = new Validator(schema);
  return {
    ...common,
    name: "stream_routes",
    kind: "stream route",
    unsupported: ["patch"],
    filters: BY_TARGET,
    schema,
    check: (candidate) =>
      firstProblem(
        () => schemaProblem(validator, candidate),
        () => target(services, candidate, "upstream_id"),
        () => target(services, candidate, "service_id"),
      ),
  };
}

const TARGETS: Readonly<Record<string, readonly [string, string]>> = {
  upstream_id: ["upstream", "upstreams"],
  service_id: ["service", "services"],
  plugin_config_id: ["plugin config", "plugin_configs"],
};

function target({ store }: CheckServices, { conf, skipReferences }: Candidate, member: string) {
  const [what = "", folder = ""] = TARGETS[member] ?? [];
  return skipReferences ? undefined : referenceProblem(store, conf, member, what, folder);
}

function onlyOne(conf: JsonObject, one: string, many: string): string | undefined {
  const isBoth = conf[one] !== undefined && conf[many] !== undefined;
  return isBoth ? `only one of ${one} or ${many} is allowed` : undefined;
}

/** "invalid configuration: …" */
export function schemaProblem(validator: Validator, { conf }: Candidate): string | undefined {
  const { problem } = validator.check(conf);
  return problem && `invalid configuration: ${problem}`;
}

function innerUpstreamProblem(services: CheckServices, { conf, skipReferences }: Candidate) {
  const { upstream } = conf;
  return isObject(upstream) ? upstreamProblem(services, upstream, skipReferences) : undefined;
}

function varsProblem({ expressionProblem }: CheckServices, { vars }: JsonObject) {
  const problem =
    vars === undefined ? undefined : (expressionProblem(vars) ?? bodyPathProblem(vars));
  return problem && `failed to validate the 'vars' expression: ${problem}`;
}

const BODY_PATH = "post_arg.";

/** What is wrong with the path into the body of a rule, at any depth. */
function bodyPathProblem(rule: Json): string | undefined {
  if (!Array.isArray(rule)) return undefined;
  const [name] = rule;
  if (rule.length >= 3 && typeof name === "string" && name.startsWith(BODY_PATH)) {
    return postPathProblem(name.slice(BODY_PATH.length));
  }
  for (const inner of rule) {
    const problem = bodyPathProblem(inner);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function functionProblem({ functionProblem: problemOf }: CheckServices, conf: JsonObject) {
  const source = conf["filter_func"];
  return typeof source === "string" ? problemOf(source) : undefined;
}

/** Scripts are Lua objects; none can run here. */
function scriptProblem({ script }: JsonObject): string | undefined {
  if (script === undefined) return undefined;
  return "failed to load 'script' string: scripts are Lua, which is not served; use plugins";
}
