// The pages of docs/gateway/plugins/: what the schema of each plugin says, behind the hand-written
// example of docs/gateway/examples/; and the index, docs/gateway/README.md.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Json, JsonObject } from "../src/core/documents.ts";
import type { AnyPlugin, PluginServices } from "../src/gateway/plugin.ts";
import { PLUGINS } from "../src/gateway/plugins/table.ts";
import { isObject } from "../src/gateway/schema/lua.ts";
import { markdownTable } from "../src/lib/markdown-table.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Handlers of phases, and what the original calls the phases. */
const PHASES = {
  rewrite: "rewrite",
  access: "access",
  beforeProxy: "before_proxy",
  headerFilter: "header_filter",
  bodyFilter: "body_filter",
  log: "log",
} as const;

type Page = { readonly path: string; readonly render: () => string };

/** Path of the example of a plugin, from the root. */
export function examplePath(name: string): string {
  return `docs/gateway/examples/${name}.md`;
}

export function pluginPages(): Page[] {
  const pages = byName().map((plugin) => ({
    path: `docs/gateway/plugins/${plugin.name}.md`,
    render: () => pluginPage(plugin),
  }));
  return [...pages, { path: "docs/gateway/README.md", render: indexPage }];
}

function byName(): AnyPlugin[] {
  return [...PLUGINS].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What the plugin does, in a sentence without links; and all but the title. Empty without a page. */
function exampleOf(name: string): { readonly summary: string; readonly text: string } {
  const path = join(root, examplePath(name));
  const source = existsSync(path) ? readFileSync(path, "utf8") : `# ${name}\n`;
  const text = source.replace(/^# .*\n+/u, "").trim();
  const [summary = ""] = text.split(/\n\n|\n```/u);
  const plain = summary.replaceAll("\n", " ").replace(/\[([^\]]*)\]\([^)]*\)/gu, "$1");
  return { summary: /^.*?[.](?= |$)/u.exec(plain)?.[0] ?? plain, text };
}

function pluginPage(plugin: AnyPlugin): string {
  const { name, schema, consumerSchema, metadataSchema } = plugin;
  return [
    `<!-- Generated from src/gateway/plugins and ${examplePath(name)} by \`npm run docs\`. Do not edit. -->`,
    `# ${name}`,
    exampleOf(name).text,
    "## Facts",
    factsOf(plugin),
    "## Fields",
    schemaText(schema),
    ...(consumerSchema === undefined
      ? []
      : ["## Fields of a consumer or credential", schemaText(consumerSchema)]),
    ...(metadataSchema === undefined
      ? []
      : [
          "## Metadata",
          `Put under \`/apisix/admin/plugin_metadata/${name}\`; for all routes.`,
          schemaText(metadataSchema),
        ]),
  ]
    .filter((part) => part !== "")
    .join("\n\n")
    .concat("\n");
}

function factsOf(plugin: AnyPlugin): string {
  const facts = [
    `Priority ${plugin.priority}, version ${plugin.version}.`,
    `Phases: ${phasesOf(plugin).join(", ") || "none"}.`,
  ];
  if (plugin.type === "auth") facts.push("Finds the consumer of a request.");
  if (plugin.runPolicy === "prefer_route") {
    facts.push("In a global rule it gives way to the same plugin in the route.");
  }
  const { encryptFields = [] } = plugin;
  if (encryptFields.length > 0)
    facts.push(`Encrypted at rest: ${encryptFields.map(code).join(", ")}.`);
  return facts.map((fact) => `- ${fact}`).join("\n");
}

/** What its handlers are called for, found by making them. */
function phasesOf(plugin: AnyPlugin): string[] {
  const handlers = plugin.create(noServices());
  const names = Object.keys(PHASES) as (keyof typeof PHASES)[];
  return names.filter((name) => handlers[name] !== undefined).map((name) => code(PHASES[name]));
}

/** As far as plugins ask for them while their handlers are made: a gateway without configuration. */
function noServices(): PluginServices {
  const services: Partial<PluginServices> = {
    log: () => undefined,
    now: () => 0,
    metadata: () => undefined,
    attributes: () => ({}),
    apis: () => [],
    instance: { id: "", hostname: "", version: "" },
  };
  return services as PluginServices;
}

function schemaText(schema: JsonObject): string {
  const rows = rowsOf(schema, "");
  const table = markdownTable(["field", "type", "default", "values", "description"], rows);
  return [rows.length === 0 ? "None." : table, ...choicesOf(schema)].join("\n\n");
}

/** One row per member, those within objects behind their path. */
function rowsOf(schema: JsonObject, path: string): string[][] {
  const required = new Set(textsOf(schema["required"]));
  const own = Object.entries(objectOf(schema["properties"])).flatMap(([name, member]) => {
    if (!isObject(member)) return [];
    const at = path === "" ? name : `${path}.${name}`;
    return [rowOf(at, member, required.has(name)), ...rowsWithin(member, at)];
  });
  const seen = new Set(own.map(([name]) => name));
  const others = branchesOf(schema).flatMap((branch) => rowsOf(branch, path));
  return [
    ...own,
    ...others.filter(([name]) => {
      const isNew = !seen.has(name);
      seen.add(name);
      return isNew;
    }),
  ];
}

function rowsWithin(member: JsonObject, path: string): string[][] {
  const { items } = member;
  return [...rowsOf(member, path), ...(isObject(items) ? rowsOf(items, `${path}[]`) : [])];
}

/** Schemas that may hold instead of, or beside, the schema. */
function branchesOf(schema: JsonObject): JsonObject[] {
  const lists = ["anyOf", "oneOf", "allOf"].flatMap((keyword) => schema[keyword] ?? []);
  const conditional = ["then", "else"].flatMap((keyword) => schema[keyword] ?? []);
  const dependent = Object.values(objectOf(schema["dependencies"])).flatMap((one) => [
    one,
    ...(isObject(one) && Array.isArray(one["oneOf"]) ? one["oneOf"] : []),
  ]);
  return [...lists, ...conditional, ...dependent].filter(isObject);
}

function rowOf(path: string, member: JsonObject, isRequired: boolean): string[] {
  const { default: preset, description } = member;
  const fallback = isRequired ? "required" : preset === undefined ? "" : code(preset);
  return [
    code(path),
    typeOf(member),
    preset !== undefined && isRequired ? code(preset) : fallback,
    valuesOf(member),
    cellText(typeof description === "string" ? description : ""),
  ];
}

function typeOf(schema: JsonObject): string {
  const { type, items } = schema;
  if (type === "array") return isObject(items) ? `list of ${typeOf(items)}` : "list";
  if (typeof type === "string") return type;
  if (Array.isArray(type)) return type.join(" or ");
  const choices = [...listOf(schema["anyOf"]), ...listOf(schema["oneOf"])].filter(isObject);
  if (choices.length > 0) return [...new Set(choices.map(typeOf))].join(" or ");
  const values = listOf(schema["enum"]);
  return values.length > 0 ? [...new Set(values.map((value) => typeof value))].join(" or ") : "any";
}

function valuesOf(schema: JsonObject): string {
  const limits = [
    ...listOf(schema["enum"]).map(code),
    ...(schema["const"] === undefined ? [] : [code(schema["const"])]),
  ];
  const texts = [
    limits.join(", "),
    rangeText(schema["minimum"], schema["maximum"], ""),
    schema["exclusiveMinimum"] === undefined ? "" : `> ${schema["exclusiveMinimum"]}`,
    schema["exclusiveMaximum"] === undefined ? "" : `< ${schema["exclusiveMaximum"]}`,
    rangeText(schema["minLength"], schema["maxLength"], " characters"),
    rangeText(schema["minItems"], schema["maxItems"], " items"),
    rangeText(schema["minProperties"], schema["maxProperties"], " members"),
    typeof schema["pattern"] === "string" ? code(schema["pattern"]) : "",
    typeof schema["format"] === "string" ? `format ${schema["format"]}` : "",
  ];
  const { items } = schema;
  const own = texts.filter((text) => text !== "").join("; ");
  const each = isObject(items) && items["properties"] === undefined ? valuesOf(items) : "";
  return [own, each === "" ? "" : `each: ${each}`].filter((text) => text !== "").join("; ");
}

function rangeText(min: Json | undefined, max: Json | undefined, unit: string): string {
  if (min !== undefined && max !== undefined) return `${min} to ${max}${unit}`;
  if (min !== undefined) return `≥ ${min}${unit}`;
  return max === undefined ? "" : `≤ ${max}${unit}`;
}

/** Members of which some, or one, must be there. */
function choicesOf(schema: JsonObject): string[] {
  const sentence = (keyword: string, words: string): string[] => {
    const sets = listOf(schema[keyword])
      .map((branch) => (isObject(branch) ? textsOf(branch["required"]) : []))
      .filter((names) => names.length > 0)
      .map((names) => names.map(code).join(" with "));
    return sets.length < 2 ? [] : [`${words}: ${sets.join("; ")}.`];
  };
  return [...sentence("anyOf", "At least one of"), ...sentence("oneOf", "Exactly one of")];
}

function indexPage(): string {
  const rows = byName().map((plugin) => [
    `[${plugin.name}](plugins/${plugin.name}.md)`,
    String(plugin.priority),
    cellText(exampleOf(plugin.name).summary),
  ]);
  return `<!-- Generated by scripts/gateway-plugin-pages.ts (\`npm run docs\`). Do not edit. -->

# The gateway

It serves the routes and plugins of Apache APISIX 3.18, in front of actions and of any other service.

- [Routes and upstreams](proxy.md): what happens to a request at port 9080
- [The Admin API](admin-api.md): how routes, services and the rest are configured at port 9180
- [Functions behind routes](functions.md): this program's actions, those of clouds, functions in JavaScript
- [Variables](variables.md) for templates, expressions and log formats
- [Writing a plugin](plugin-development.md)
- [Settings](../configuration.md) of the program, and [what differs](../compatibility.md)

## Plugins

Where a request meets several in one phase, the highest priority goes first. A test runs the examples of
their pages; these take for granted that some service at 127.0.0.1:1980 answers \`hello world\`, and

\`\`\`sh
export ADMIN=http://127.0.0.1:9180 GATEWAY=http://127.0.0.1:9080
export ADMIN_KEY=$(yq '.deployment.admin.admin_key[0].key' conf/config.yaml)
\`\`\`

${markdownTable(["plugin", "priority", "what it does"], rows)}
`;
}

function code(value: Json): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  // In a table a pipe ends the cell, also within code.
  return text === "" ? '`""`' : `\`${text.replaceAll("|", "\\|").replaceAll("\n", " ")}\``;
}

function cellText(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function textsOf(value: Json | undefined): string[] {
  return listOf(value).filter((one): one is string => typeof one === "string");
}
