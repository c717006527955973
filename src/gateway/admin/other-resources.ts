/** Consumers and what belongs to them, sets of plugins, certificates, secrets, protos. */

import { isObject } from "../schema/lua.ts";
import { RESOURCE_SCHEMAS, type ResourceSchemaName } from "../schema/resources.ts";
import { SECRET_MANAGERS } from "../schema/secret.ts";
import { Validator } from "../schema/validator.ts";
import { sslProblem } from "./certificate-check.ts";
import { duplicateKeyProblem, pluginsProblem } from "./plugin-check.ts";
import { firstUser, referenceProblem, refersTo } from "./references.ts";
import { type CheckServices, firstProblem, type Resource } from "./resource.ts";
import { schemaProblem } from "./route-resources.ts";

export function otherResources(services: CheckServices): Resource[] {
  return [
    consumers(services),
    credentials(services),
    consumerGroups(services),
    pluginConfigs(services),
    globalRules(services),
    pluginMetadata(services),
    ssls(services),
    protos(services),
    secrets(),
  ];
}

/** A schema, and the plugins in it, which is most of what is checked of most resources. */
function withPlugins(services: CheckServices, name: ResourceSchemaName) {
  const schema = RESOURCE_SCHEMAS[name];
  const validator = new Validator(schema);
  const check: Resource["check"] = (candidate) =>
    firstProblem(
      () => schemaProblem(validator, candidate),
      () => pluginsProblem(services, candidate.conf["plugins"]),
    );
  return { schema, validator, check, filters: [], hasId: true, unsupported: [] } as const;
}

function prefixed(prefix: string, text: string | undefined): string | undefined {
  return text && `${prefix}${text}`;
}

const INVALID_PLUGINS = "invalid plugins configuration: ";

function consumers(services: CheckServices): Resource {
  const { validator, ...base } = withPlugins(services, "consumer");
  return {
    ...base,
    name: "consumers",
    kind: "consumer",
    hasId: false,
    unsupported: ["post", "patch"],
    check(candidate) {
      const { conf, id, skipReferences } = candidate;
      const { username, plugins } = conf;
      // Of a name that passed the schema: what is none may not even have a text.
      const own = () => ({ consumer: String(username), credential: undefined });
      return firstProblem(
        () => schemaProblem(validator, candidate),
        () => (id !== undefined && id !== username ? "wrong username" : undefined),
        () => prefixed(INVALID_PLUGINS, pluginsProblem(services, plugins, "consumer")),
        () => (skipReferences ? undefined : duplicateKeyProblem(services, plugins, own())),
        () =>
          skipReferences
            ? undefined
            : referenceProblem(
                services.store,
                conf,
                "group_id",
                "consumer group",
                "consumer_groups",
              ),
      );
    },
  };
}

function credentials(services: CheckServices): Resource {
  const { validator, ...base } = withPlugins(services, "credential");
  const { catalog } = services;
  return {
    ...base,
    name: "credentials",
    kind: "credential",
    unsupported: ["post", "patch"],
    check(candidate) {
      const { conf, id, owner, skipReferences } = candidate;
      const { plugins } = conf;
      const own = { consumer: owner ?? "", credential: String(id) };
      const names = isObject(plugins) ? Object.keys(plugins) : [];
      return firstProblem(
        () => schemaProblem(validator, candidate),
        () => prefixed(INVALID_PLUGINS, pluginsProblem(services, plugins, "consumer")),
        () =>
          names.every((name) => catalog.find(name)?.type === "auth")
            ? undefined
            : "only supports auth type plugins in consumer credential",
        () => (skipReferences ? undefined : duplicateKeyProblem(services, plugins, own)),
      );
    },
  };
}

function consumerGroups(services: CheckServices): Resource {
  const { validator: _, ...base } = withPlugins(services, "consumer_group");
  return {
    ...base,
    name: "consumer_groups",
    kind: "consumer group",
    unsupported: ["post"],
    async inUse(id) {
      const user = await firstUser(services.store, "consumers", (one) =>
        refersTo(one, "group_id", id),
      );
      return prefixed(
        "can not delete this consumer group, ",
        user && `consumer [${user}] is still using it now`,
      );
    },
  };
}

function pluginConfigs(services: CheckServices): Resource {
  const { validator: _, ...base } = withPlugins(services, "plugin_config");
  return {
    ...base,
    name: "plugin_configs",
    kind: "plugin config",
    unsupported: ["post"],
    async inUse(id) {
      const user = await firstUser(services.store, "routes", (one) =>
        refersTo(one, "plugin_config_id", id),
      );
      return prefixed(
        "can not delete this plugin config, ",
        user && `route [${user}] is still using it now`,
      );
    },
  };
}

function globalRules(services: CheckServices): Resource {
  const { validator: _, ...base } = withPlugins(services, "global_rule");
  return {
    ...base,
    name: "global_rules",
    kind: "global rule",
    unsupported: ["post"],
    check: (candidate) =>
      firstProblem(
        () => base.check(candidate),
        async () => {
          if (candidate.skipReferences) return undefined;
          const { plugins } = candidate.conf;
          const names = isObject(plugins) ? Object.keys(plugins) : [];
          for (const { value } of await services.store.list("/global_rules")) {
            const others = value["plugins"];
            if (String(value["id"]) === String(candidate.id) || !isObject(others)) continue;
            const taken = names.find((name) => Object.hasOwn(others, name));
            if (taken === undefined) continue;
            return `plugin '${taken}' already exists in global rule with id '${value["id"]}'`;
          }
          return undefined;
        },
      ),
  };
}

function pluginMetadata({ catalog }: CheckServices): Resource {
  return {
    name: "plugin_metadata",
    kind: "plugin_metadata",
    schema: undefined,
    filters: [],
    hasId: false,
    unsupported: ["post", "patch"],
    check({ id, conf }) {
      if (id === undefined) return Promise.resolve("missing plugin name");
      const name = String(id);
      if (catalog.find(name) === undefined) return Promise.resolve("invalid plugin name");
      const { problem } = catalog.check(name, conf, "metadata");
      return Promise.resolve(prefixed("invalid configuration: ", problem));
    },
  };
}

function ssls({ keyring }: CheckServices): Resource {
  const { ssl: schema } = RESOURCE_SCHEMAS;
  const validator = new Validator(schema);
  return {
    name: "ssls",
    kind: "ssl",
    schema,
    filters: [],
    hasId: true,
    unsupported: [],
    check(candidate) {
      const problem = schemaProblem(validator, candidate) ?? sslProblem(keyring, candidate.conf);
      return Promise.resolve(problem);
    },
  };
}

function protos({ store }: CheckServices): Resource {
  const { proto: schema } = RESOURCE_SCHEMAS;
  const validator = new Validator(schema);
  return {
    name: "protos",
    kind: "proto",
    schema,
    filters: [],
    hasId: true,
    unsupported: ["patch"],
    check: (candidate) => Promise.resolve(schemaProblem(validator, candidate)),
    async inUse(id) {
      for (const [folder, kind] of [
        ["routes", "route"],
        ["services", "service"],
      ] as const) {
        const user = await firstUser(store, folder, ({ plugins }) => {
          const conf = isObject(plugins) ? plugins["grpc-transcode"] : undefined;
          return isObject(conf) && refersTo(conf, "proto_id", id);
        });
        if (user === undefined) continue;
        return `can not delete this proto, ${kind} [${user}] is still using it now`;
      }
      return undefined;
    },
  };
}

function secrets(): Resource {
  const validators = new Map(
    Object.entries(SECRET_MANAGERS).map(([name, schema]) => [name, new Validator(schema)]),
  );
  return {
    name: "secrets",
    kind: "secret",
    schema: undefined,
    filters: [],
    hasId: true,
    unsupported: ["post"],
    check(candidate) {
      const { manager } = candidate;
      if (manager === undefined) return Promise.resolve("missing secret type");
      const validator = validators.get(manager);
      if (validator === undefined) return Promise.resolve(`invalid secret manager: ${manager}`);
      return Promise.resolve(schemaProblem(validator, candidate));
    },
  };
}
