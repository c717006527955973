/** `http-logger`: sends what it knows of each request to an HTTP server, in batches. */
import type { Json, JsonObject } from "../../core/documents.ts";
import { HeaderList } from "../header-list.ts";
import type { Plugin, PluginServices } from "../plugin.ts";
import { type BatchConf, batchProperties } from "./lib/batch-processor.ts";
import { Batches, PENDING_ENTRIES_PROPERTY } from "./lib/batches.ts";
import { LOG_PROPERTIES, type LogConf } from "./lib/log-entry.ts";
import { logConfProblem, logPhases } from "./lib/log-phases.ts";

export type HttpLoggerConf = LogConf &
  BatchConf & {
    readonly uri: string;
    readonly auth_header?: string;
    /** seconds */
    readonly timeout: number;
    readonly concat_method: "json" | "new_line";
    readonly ssl_verify: boolean;
  };

const NAME = "http-logger";
/** Of a refusal's body, for our own log. */
const REASON_CHARACTERS_MAX = 256;
const ANSWER_BYTES_MAX = 64 * 1024;

export const httpLogger: Plugin<HttpLoggerConf> = {
  name: NAME,
  readsBody: true,
  version: 0.1,
  priority: 410,
  schema: {
    type: "object",
    properties: {
      uri: {
        type: "string",
        pattern: "^[^\\/]+:\\/\\/([\\da-zA-Z.-]+|\\[[\\da-fA-F:]+\\])(:\\d+)?",
      },
      auth_header: { type: "string" },
      timeout: { type: "integer", minimum: 1, default: 3 },
      ...LOG_PROPERTIES,
      concat_method: { type: "string", default: "json", enum: ["json", "new_line"] },
      ssl_verify: { type: "boolean", default: false },
      ...batchProperties("http logger"),
    },
    required: ["uri"],
  },
  metadataSchema: {
    type: "object",
    properties: {
      log_format_extra: { type: "object" },
      log_format: { type: "object" },
      max_pending_entries: PENDING_ENTRIES_PROPERTY,
    },
  },
  encryptFields: ["auth_header"],
  check: (conf, kind) => (kind === "plugin" ? logConfProblem(conf) : undefined),
  create: (services) => {
    const batches = new Batches<HttpLoggerConf, JsonObject>({
      plugin: NAME,
      services,
      batchOf: (conf) => conf,
      sizeOf,
      send: (conf, entries) => send(services, conf, encode(conf, entries)),
    });
    return {
      ...logPhases<HttpLoggerConf>({
        plugin: NAME,
        services,
        write: (conf, ctx, entry) => {
          batches.add(conf, ctx, { ...entry, route_id: entry["route_id"] ?? "no-matched" });
        },
      }),
      stop: () => batches.stop(),
    };
  },
};

const NUMBER_BYTES = 8;

/** Of its texts and names: near enough, without making the text twice. */
export function sizeOf(value: Json): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return NUMBER_BYTES;
  let bytes = 0;
  for (const [name, item] of Object.entries(value)) bytes += name.length + sizeOf(item);
  return bytes;
}

/** A list, or one line per entry; alone when batches have one entry. */
export function encode(
  conf: Pick<HttpLoggerConf, "batch_max_size" | "concat_method">,
  entries: readonly JsonObject[],
): string {
  if (conf.batch_max_size === 1) return JSON.stringify(entries[0]);
  if (conf.concat_method === "json") return JSON.stringify(entries);
  return entries.map((entry) => JSON.stringify(entry)).join("\n");
}

async function send({ http }: PluginServices, conf: HttpLoggerConf, body: string): Promise<void> {
  const isJson = conf.concat_method === "json";
  const answer = await http({
    method: "POST",
    url: conf.uri,
    headers: HeaderList.from({
      "Content-Type": isJson ? "application/json" : "text/plain",
      ...(conf.auth_header === undefined ? {} : { Authorization: conf.auth_header }),
    }),
    body,
    timeoutMs: conf.timeout * 1000,
    sslVerify: conf.ssl_verify,
  });
  const text = await answer.text(ANSWER_BYTES_MAX);
  if (answer.status < 400) return;
  const reason = text.slice(0, REASON_CHARACTERS_MAX);
  throw new Error(`server returned status code[${answer.status}] body[${reason}]`);
}
