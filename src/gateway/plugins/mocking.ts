/** `mocking`: answers in place of an upstream, with an example or with random data of a schema. */
import type { Json, JsonObject } from "../../core/documents.ts";
import type { Plugin, PluginExit } from "../plugin.ts";
import type { RequestContext } from "../request-context.ts";
import { HEADER_MAP, type HeaderMap } from "./lib/header-schema.ts";
import { randomObject } from "./lib/mock-data.ts";
import { pause } from "./lib/pause.ts";
import { toXml } from "./lib/xml.ts";

export type MockingConf = {
  /** seconds */
  readonly delay: number;
  readonly response_status: number;
  readonly content_type: string;
  readonly response_example?: string;
  readonly response_schema?: JsonObject;
  readonly with_mock_header: boolean;
  readonly response_headers?: HeaderMap;
};

/** Lower ones announce an answer, and are none. */
const FINAL_STATUS = 200;
const XML = new Set(["application/xml", "text/xml"]);
const JSON_TEXT = new Set(["application/json", "text/plain"]);
const TYPES = new Set([...XML, ...JSON_TEXT, "text/html"]);

export const mocking: Plugin<MockingConf> = {
  name: "mocking",
  version: 0.1,
  priority: 10900,
  schema: {
    type: "object",
    properties: {
      delay: { type: "integer", default: 0 },
      response_status: { type: "integer", default: 200, minimum: 100 },
      content_type: { type: "string", default: "application/json;charset=utf8" },
      response_example: { type: "string" },
      response_schema: { type: "object" },
      with_mock_header: { type: "boolean", default: true },
      response_headers: HEADER_MAP,
    },
    anyOf: [{ required: ["response_example"] }, { required: ["response_schema"] }],
  },
  check: ({ content_type: type, response_status: status }) => {
    if (status < FINAL_STATUS) {
      return `property "response_status" validation failed: expected ${status} to be at least 200`;
    }
    return TYPES.has(mediaType(type)) ? undefined : "unsupported content type!";
  },
  create: ({ instance }) => ({
    access: (conf, ctx) => {
      const exit = exitOf(conf, ctx, instance.version);
      return conf.delay > 0 ? pause(conf.delay * 1000).then(() => exit) : exit;
    },
  }),
};

/** What stands before the first ";". */
function mediaType(type: string): string {
  const [media = ""] = type.split(";");
  return media;
}

function exitOf(conf: MockingConf, ctx: RequestContext, version: string): PluginExit {
  for (const [name, value] of Object.entries(conf.response_headers ?? {})) {
    ctx.response.addHeader(name, ctx.resolve(String(value)));
  }
  return {
    status: conf.response_status,
    body: ctx.resolve(conf.response_example ?? generated(conf)),
    headers: {
      "Content-Type": conf.content_type,
      ...(conf.with_mock_header ? { "x-mock-by": `APISIX/${version}` } : {}),
    },
  };
}

/** Nothing for HTML: no schema says what a page looks like. */
function generated({ response_schema: schema = {}, content_type: type }: MockingConf): string {
  const data: Json = randomObject(schema);
  if (XML.has(mediaType(type))) return toXml(data, "data");
  return JSON_TEXT.has(mediaType(type)) ? JSON.stringify(data) : "";
}
