/** APIs that lead to actions of exported packages, in the words of a manifest. */
import { type Swagger, VERBS } from "../client/swagger.ts";
import { gatewayAccess } from "./apis.ts";
import type { Written } from "./export-entries.ts";
import type { Target } from "./target.ts";

/**
 * Adds `apis` to the packages. The gateway is asked only when there is a token for it, as in the
 * original.
 */
export async function apiEntries(packages: Map<string, Written>, target: Target): Promise<void> {
  if (target.apigwToken === "") {
    target.warn("The apigw access token is not configured.");
    return;
  }
  const access = gatewayAccess(target);
  for (let skip = 0; ; skip += PAGE) {
    const found = await target.client.apis.list(access, { limit: PAGE, skip });
    for (const { apidoc } of found) if (apidoc !== undefined) addApi(packages, apidoc);
    if (found.length < PAGE) return;
  }
}

/** APIs asked for at once. */
const PAGE = 30;

function addApi(packages: Map<string, Written>, { info, basePath = "", paths }: Swagger): void {
  for (const [path, item] of paths ?? []) {
    for (const method of VERBS) {
      const target = item[method]?.["x-openwhisk"];
      const planned = packages.get(target?.package ?? "");
      if (target === undefined || planned === undefined) continue;
      const response = target.url.split(".").at(-1);
      const keys = ["apis", info?.title ?? "", bare(basePath), bare(path), target.action];
      packages.set(target.package, withMember(planned, keys, { method, response }));
    }
  }
}

function bare(path: string): string {
  return path.replace(/^\//, "");
}

function withMember(into: Written, keys: readonly string[], member: Written): Written {
  const [key, ...deeper] = keys;
  if (key === undefined) return { ...into, ...member };
  const inner = into[key];
  const map = typeof inner === "object" && inner !== null ? (inner as Written) : {};
  return { ...into, [key]: withMember(map, deeper, member) };
}
