/** `request-validation`: lets through what JSON schemas for headers and body allow. */
import type { Json, JsonObject } from "../../core/documents.ts";
import { parseCjson } from "../admin/cjson.ts";
import type { Plugin, PluginExit, PluginServices } from "../plugin.ts";
import { QueryArgs } from "../query-args.ts";
import { BodyTooLargeError } from "../read-body.ts";
import type { RequestContext } from "../request-context.ts";
import { isObject } from "../schema/lua.ts";
import { schemaProblem, Validator } from "../schema/validator.ts";

export type RequestValidationConf = {
  readonly header_schema?: JsonObject;
  readonly body_schema?: JsonObject;
  readonly max_req_body_size: number;
  readonly rejected_code: number;
  readonly rejected_msg?: string;
};

type Validators = { readonly header?: Validator; readonly body?: Validator };

const FORM = "application/x-www-form-urlencoded";

export const requestValidation: Plugin<RequestValidationConf> = {
  name: "request-validation",
  version: 0.1,
  priority: 2800,
  schema: {
    type: "object",
    properties: {
      header_schema: { type: "object" },
      body_schema: { type: "object" },
      max_req_body_size: {
        type: "integer",
        minimum: 1,
        default: 67_108_864,
        description:
          "maximum request body size in bytes buffered into memory; larger request bodies " +
          "are rejected",
      },
      rejected_code: { type: "integer", minimum: 200, maximum: 599, default: 400 },
      rejected_msg: { type: "string", minLength: 1, maxLength: 256 },
    },
    anyOf: [{ required: ["header_schema"] }, { required: ["body_schema"] }],
  },
  check: ({ body_schema: body, header_schema: header }) =>
    [body, header].map((schema) => isObject(schema) && schemaProblem(schema)).find(Boolean) ||
    undefined,
  create: ({ log }) => {
    const known = new WeakMap<RequestValidationConf, Validators>();
    return {
      rewrite: (conf, ctx) => {
        const { header, body } = validatorsOf(conf, known);
        const problem = header?.check(headersFor(conf.header_schema ?? {}, ctx)).problem;
        if (problem !== undefined) return reject(conf, problem);
        return body === undefined ? undefined : checkBody({ conf, ctx, validator: body, log });
      },
    };
  },
};

function validatorsOf(
  conf: RequestValidationConf,
  known: WeakMap<RequestValidationConf, Validators>,
): Validators {
  let found = known.get(conf);
  if (found === undefined) {
    const { header_schema: header, body_schema: body } = conf;
    found = {
      ...(header === undefined ? {} : { header: new Validator(header, { isStrict: true }) }),
      ...(body === undefined ? {} : { body: new Validator(body, { isStrict: true }) }),
    };
    known.set(conf, found);
  }
  return found;
}

/** Headers by name, in the schema's spelling where it names them; several of a name are a list. */
export function headersFor(schema: JsonObject, { request }: RequestContext): JsonObject {
  const spelling = new Map<string, string>();
  const { properties, required } = schema;
  const named = [
    ...(isObject(properties) ? Object.keys(properties) : []),
    ...(Array.isArray(required) ? required.map(String) : []),
  ];
  for (const name of named) spelling.set(name.toLowerCase(), name);
  const headers: Record<string, Json> = {};
  for (const name of request.headers.names()) {
    const lower = name.toLowerCase();
    const values = request.headers.getAll(name);
    headers[spelling.get(lower) ?? lower] = values.length === 1 ? (values[0] ?? "") : values;
  }
  return headers;
}

function reject(conf: RequestValidationConf, problem: string | undefined): PluginExit {
  const body = conf.rejected_msg ?? problem;
  return { status: conf.rejected_code, ...(body === undefined ? {} : { body }) };
}

async function checkBody(asked: {
  readonly conf: RequestValidationConf;
  readonly ctx: RequestContext;
  readonly validator: Validator;
  readonly log: PluginServices["log"];
}): Promise<PluginExit | undefined> {
  const { conf, validator } = asked;
  const { request } = asked.ctx;
  const text = await readText(asked);
  const types = request.headers.getAll("content-type");
  // Which of several types the upstream believes is not known.
  if (text === undefined || types.length > 1) return reject(conf, undefined);
  const isForm = types[0]?.toLowerCase().startsWith(FORM) === true;
  const parsed = isForm ? { value: formOf(text) } : parseCjson(text);
  if (parsed.problem !== undefined) return reject(conf, parsed.problem);
  const checked = validator.check<Json>(parsed.value);
  if (checked.problem !== undefined) return reject(conf, checked.problem);
  // The upstream gets what was checked: parsers differ about doubled members.
  if (!isForm) request.setBody(JSON.stringify(checked.value));
  return undefined;
}

/** Undefined: there is none, or it is longer than allowed. */
async function readText(asked: {
  readonly conf: RequestValidationConf;
  readonly ctx: RequestContext;
  readonly log: PluginServices["log"];
}): Promise<string | undefined> {
  const { request } = asked.ctx;
  const { max_req_body_size: bytesMax } = asked.conf;
  try {
    const body = await request.readBody(bytesMax);
    return body.length === 0 ? undefined : body.toString("utf8");
  } catch (error) {
    if (!(error instanceof BodyTooLargeError)) throw error;
    asked.log("warn", "request-validation: the body is too long", { bytesMax });
    return undefined;
  }
}

/** Names with their values; several of a name are a list, one without value is `true`. */
function formOf(text: string): JsonObject {
  const form: Record<string, Json> = {};
  const args = QueryArgs.parse(text);
  for (const [name] of args) {
    const values = args.getAll(name);
    form[name] = values.length === 1 ? (values[0] ?? true) : [...values];
  }
  return form;
}
