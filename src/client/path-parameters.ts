/** The parameters `{name}` in the path of an API. */
import type { Encodable } from "./json.ts";

/** Names of the whole segments `{name}`, each once. */
export function pathParameters(path: string): readonly string[] {
  const names = path.split("/").flatMap((segment) => /^\{(.+)\}$/.exec(segment)?.[1] ?? []);
  return [...new Set(names)];
}

/** As the management of APIs is told of them; undefined for none. */
export function describeParameters(path: string): Encodable {
  const names = pathParameters(path);
  if (names.length === 0) return undefined;
  return names.map((name) => ({
    name,
    in: "path",
    description: `Default description for '${name}'`,
    required: true,
    type: "string",
  }));
}
