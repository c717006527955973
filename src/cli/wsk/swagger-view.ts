/** An API and its document as `api get` prints them (wsk-cli 1.7). */
import { compareBytes, type Encodable } from "../../client/json.ts";
import type { Api, PathItem, Swagger } from "../../client/swagger.ts";

export function apiView({ apidoc, ...others }: Api): Encodable {
  return { ...others, apidoc: apidoc === undefined ? undefined : swaggerView(apidoc) };
}

/** The members in the order of their record; the paths sorted. */
export function swaggerView({ paths, ...others }: Swagger): Encodable {
  const { swagger, basePath, info, ...rest } = others;
  return { swagger, basePath, info, paths: paths && pathsView(paths), ...rest };
}

function pathsView(paths: ReadonlyMap<string, PathItem>): Encodable {
  const sorted = [...paths].sort(([a], [b]) => compareBytes(a, b));
  return Object.fromEntries(sorted);
}
