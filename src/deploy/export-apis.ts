/** APIs that lead to actions of exported packages, in the words of a manifest. */
import { type JsonMap, mapOf } from "../client/json.ts";
import { text } from "../client/records.ts";
import { gatewayQuery } from "./apis.ts";
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
  const answer = await target.entities.manageApis("GET", "getApi", gatewayQuery(target));
  const apis = mapOf(answer).get("apis");
  for (const api of Array.isArray(apis) ? apis.map(mapOf) : []) {
    addApi(packages, mapOf(mapOf(api.get("value")).get("apidoc")));
  }
}

function addApi(packages: Map<string, Written>, document: JsonMap): void {
  const name = text(mapOf(document.get("info")), "title") ?? "";
  const base = (text(document, "basePath") ?? "").replace(/^\//, "");
  for (const [path, operations] of mapOf(document.get("paths"))) {
    for (const [method, operation] of mapOf(operations)) {
      const target = mapOf(mapOf(operation).get("x-openwhisk"));
      const owner = text(target, "package") ?? "";
      const planned = packages.get(owner);
      if (planned === undefined) continue;
      const response = (text(target, "url") ?? "").split(".").at(-1) ?? "";
      const keys = ["apis", name, base, path.replace(/^\//, ""), text(target, "action") ?? ""];
      packages.set(owner, withMember(planned, keys, { method, response }));
    }
  }
}

function withMember(into: Written, keys: readonly string[], member: Written): Written {
  const [key, ...deeper] = keys;
  if (key === undefined) return { ...into, ...member };
  const inner = into[key];
  const map = typeof inner === "object" && inner !== null ? (inner as Written) : {};
  return { ...into, [key]: withMember(map, deeper, member) };
}
