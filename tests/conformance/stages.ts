/**
 * Servers that cases are played on: our own, started with one namespace per case, or any other,
 * named by CONFORMANCE_URL and CONFORMANCE_AUTH ("uuid:key"), where all cases share that namespace.
 * A gateway is named by CONFORMANCE_GATEWAY_URL, CONFORMANCE_ADMIN_URL, CONFORMANCE_CONTROL_URL and
 * CONFORMANCE_ADMIN_KEY, and nodes that it reaches by CONFORMANCE_UPSTREAMS (./upstream.ts).
 */
import { createHash } from "node:crypto";
import { request } from "../helpers/http.ts";
import { makeIdentity, type TestIdentity } from "../helpers/identities.ts";
import { startPlatform, type TestPlatform, urlOf } from "../helpers/platform.ts";
import type { Case } from "./case.ts";
import {
  type GatewayStage,
  needsGateway,
  needsOther,
  needsUpstream,
  type Stage,
} from "./runner.ts";
import { startNode, type Upstreams } from "./upstream.ts";

export type NamedCase = { readonly name: string; readonly one: Case };

export type Theatre = {
  /** Why the case cannot be played here; undefined when it can. */
  refusal(named: NamedCase): string | undefined;
  stage(named: NamedCase): Promise<Stage>;
  readonly shared: boolean;
  [Symbol.asyncDispose](): Promise<void>;
};

/** A name of at most 60 characters that no other case has. */
function namespaceOf(name: string): string {
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 6);
  return `${name.replaceAll("/", "-").slice(0, 50)}-${digest}`;
}

/** Six characters that only this case has. */
function uniqueOf(name: string): string {
  return namespaceOf(name).slice(-6);
}

/** The key that the original's tutorials send; a server on loopback takes it. */
const ADMIN_KEY = "edd1c9f034335f136f87ad84b625c8f1";

function gatewayOf(platform: TestPlatform, upstreams: Upstreams): GatewayStage {
  const urls = {
    admin: urlOf(platform, "gateway-admin"),
    gateway: urlOf(platform, "gateway"),
    control: urlOf(platform, "gateway-control"),
  };
  return { urls, adminKey: ADMIN_KEY, upstreams };
}

/** Our own servers: one for the cases at large, one with the original's limits; each starts once. */
export function ownServers(cases: readonly NamedCase[]): Theatre {
  const identities = new Map<string, TestIdentity>();
  const identity = (name: string, limits?: Case["namespaceLimits"]): TestIdentity => {
    const found = identities.get(name) ?? makeIdentity(namespaceOf(name), limits);
    identities.set(name, found);
    return found;
  };
  const users = cases.flatMap(({ name, one }) => [
    identity(name, one.namespaceLimits).user,
    ...(needsOther(one) ? [identity(`${name}-other`).user] : []),
  ]);
  const servers = new Map<string, Promise<TestPlatform>>();
  const server = (limits: string): Promise<TestPlatform> => {
    const args = limits === "original" ? ["--limits", "original"] : [];
    const started =
      servers.get(limits) ??
      startPlatform({ args, config: { users }, gateway: true, apiGateway: true });
    servers.set(limits, started);
    return started;
  };
  let nodes: ReturnType<typeof startNodes> | undefined;
  return {
    shared: false,
    refusal: () => undefined,
    async stage({ name, one }) {
      const platform = await server(one.limits ?? "own");
      nodes ??= startNodes();
      const [first, second] = await nodes;
      const { auth, namespace, user } = identity(name);
      return {
        url: platform.url,
        auth,
        namespace,
        subject: user.subject,
        suffix: "",
        unique: uniqueOf(name),
        gateway: gatewayOf(platform, [first.address, second.address]),
        ...(needsOther(one) ? { other: identity(`${name}-other`) } : {}),
      };
    },
    async [Symbol.asyncDispose]() {
      for (const node of (await nodes) ?? []) await node.close();
      const running = await Promise.allSettled(servers.values());
      await Promise.all(
        running.flatMap((one) =>
          one.status === "fulfilled" ? [one.value[Symbol.asyncDispose]()] : [],
        ),
      );
    },
  };
}

function startNodes() {
  return Promise.all([startNode("one", 0), startNode("two", 0)]);
}

/** A gateway of another server, from the environment. */
export function foreignGateway(env: NodeJS.ProcessEnv): GatewayStage | undefined {
  const { CONFORMANCE_GATEWAY_URL: gateway, CONFORMANCE_ADMIN_URL: admin } = env;
  if (gateway === undefined || admin === undefined) return undefined;
  const control = env["CONFORMANCE_CONTROL_URL"] ?? "http://127.0.0.1:9090";
  const [one, two] = env["CONFORMANCE_UPSTREAMS"]?.split(",") ?? [];
  return {
    urls: { gateway, admin, control },
    adminKey: env["CONFORMANCE_ADMIN_KEY"] ?? ADMIN_KEY,
    ...(one === undefined || two === undefined ? {} : { upstreams: [one, two] }),
  };
}

/** Any other server. `has` lists what `needs` and `limits` it offers, e.g. "limits-original". */
export function foreignServer(
  url: string,
  auth: string,
  has: readonly string[],
  gateway?: GatewayStage,
): Theatre {
  const base = url.replace(/\/$/u, "");
  let namespace: Promise<string> | undefined;
  const ask = async (): Promise<string> => {
    const answer = await request(base, { path: "/api/v1/namespaces", auth });
    const [name] = answer.json as string[];
    if (name === undefined) throw new Error(`${url} names no namespace for CONFORMANCE_AUTH`);
    return name;
  };
  return {
    shared: true,
    refusal({ one }) {
      if (needsGateway(one) && gateway === undefined) return "needs a gateway";
      if (needsUpstream(one) && gateway?.upstreams === undefined) return "needs upstreams";
      if (needsOther(one)) return "needs a second identity";
      if (one.namespaceLimits !== undefined) return "needs limits of its own namespace";
      const needs = [...(one.needs ?? []), ...(one.limits ? [`limits-${one.limits}`] : [])];
      const missing = needs.filter((need) => !has.includes(need));
      return missing.length > 0 ? `needs ${missing.join(", ")}` : undefined;
    },
    async stage({ name }) {
      namespace ??= ask();
      const own = await namespace;
      const suffix = `-${namespaceOf(name).slice(-6)}`;
      return {
        url: base,
        auth,
        namespace: own,
        subject: own,
        suffix,
        unique: uniqueOf(name),
        ...(gateway === undefined ? {} : { gateway }),
      };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
