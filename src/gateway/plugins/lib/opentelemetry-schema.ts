/** Schemas of `opentelemetry` (apisix/plugins/opentelemetry.lua). */
import type { JsonObject } from "../../../core/documents.ts";
import type { AttributeValue } from "./otlp.ts";
import type { SamplerConf } from "./trace-context.ts";

export type OpentelemetryConf = {
  readonly sampler: SamplerConf;
  readonly additional_attributes?: readonly string[];
  readonly additional_header_prefix_attributes?: readonly string[];
};

export type OpentelemetryMetadata = {
  readonly trace_id_source: "x-request-id" | "random";
  readonly resource?: Readonly<Record<string, AttributeValue>>;
  readonly collector: {
    readonly address: string;
    /** seconds */
    readonly request_timeout: number;
    readonly request_headers?: Readonly<Record<string, AttributeValue>>;
  };
  readonly batch_span_processor: {
    readonly drop_on_queue_full?: boolean;
    readonly max_queue_size?: number;
    /** seconds */
    readonly batch_timeout?: number;
    readonly inactive_timeout?: number;
    readonly max_export_batch_size?: number;
  };
  readonly set_ngx_var: boolean;
};

const SCALAR: JsonObject = {
  oneOf: [{ type: "boolean" }, { type: "number" }, { type: "string" }],
};
const NAMES: JsonObject = { type: "array", items: { type: "string", minLength: 1 } };
const ROOT_FRACTION: JsonObject = {
  type: "number",
  description: "trace_id_ratio fraction parameter",
  default: 0,
};
const COLLECTOR = { address: "127.0.0.1:4318", request_timeout: 3 };

const ROOT: JsonObject = {
  type: "object",
  description: "parent_base root sampler",
  properties: {
    name: {
      type: "string",
      enum: ["always_on", "always_off", "trace_id_ratio"],
      description: "sampling strategy",
      default: "always_off",
    },
    options: {
      type: "object",
      properties: { fraction: ROOT_FRACTION },
      default: { fraction: 0 },
    },
  },
  default: { name: "always_off", options: { fraction: 0 } },
};

export const OPENTELEMETRY_SCHEMA: JsonObject = {
  type: "object",
  properties: {
    sampler: {
      type: "object",
      properties: {
        name: {
          type: "string",
          enum: ["always_on", "always_off", "trace_id_ratio", "parent_base"],
          description: "sampling strategy",
          default: "always_off",
        },
        options: {
          type: "object",
          properties: {
            fraction: { type: "number", description: "trace_id_ratio fraction", default: 0 },
            root: ROOT,
          },
          default: { fraction: 0, root: { name: "always_off" } },
        },
      },
      default: { name: "always_off", options: { fraction: 0, root: { name: "always_off" } } },
    },
    additional_attributes: NAMES,
    additional_header_prefix_attributes: NAMES,
  },
};

export const OPENTELEMETRY_METADATA: JsonObject = {
  type: "object",
  properties: {
    trace_id_source: {
      type: "string",
      enum: ["x-request-id", "random"],
      description: "the source of trace id",
      default: "random",
    },
    resource: {
      type: "object",
      description: "additional resource",
      additionalProperties: SCALAR,
    },
    collector: {
      type: "object",
      description: "opentelemetry collector",
      properties: {
        address: { type: "string", description: "host:port", default: COLLECTOR.address },
        request_timeout: {
          type: "integer",
          description: "second uint",
          default: COLLECTOR.request_timeout,
        },
        request_headers: {
          type: "object",
          description: "http headers",
          additionalProperties: SCALAR,
        },
      },
      default: COLLECTOR,
    },
    batch_span_processor: {
      type: "object",
      description: "batch span processor",
      properties: {
        drop_on_queue_full: {
          type: "boolean",
          description: "if true, drop span when queue is full, otherwise force process batches",
        },
        max_queue_size: {
          type: "integer",
          description: "maximum queue size to buffer spans for delayed processing",
        },
        batch_timeout: {
          type: "number",
          description: "maximum duration for constructing a batch",
        },
        inactive_timeout: {
          type: "number",
          description: "maximum duration for processing batches",
        },
        max_export_batch_size: {
          type: "integer",
          description: "maximum number of spans to process in a single batch",
        },
      },
      default: {},
    },
    set_ngx_var: { type: "boolean", description: "set nginx variables", default: false },
  },
};
