/** Schemas of consumers, their credentials and groups (apisix/schema_def.lua). */
import type { JsonObject } from "../../core/documents.ts";
import { DESCRIPTION, ID, LABELS, METADATA, PLUGINS, TIMESTAMP } from "./common.ts";

export const CONSUMER: JsonObject = {
  type: "object",
  properties: {
    id: ID,
    username: { type: "string", minLength: 1, maxLength: 256, pattern: "^[a-zA-Z0-9_\\-]+$" },
    desc: DESCRIPTION,
    labels: LABELS,
    create_time: TIMESTAMP,
    update_time: TIMESTAMP,
    group_id: ID,
    plugins: PLUGINS,
  },
  required: ["username"],
  additionalProperties: false,
};

export const CREDENTIAL: JsonObject = {
  type: "object",
  properties: {
    ...METADATA,
    id: {
      oneOf: [
        ID,
        {
          type: "string",
          minLength: 15,
          maxLength: 128,
          pattern: "^[a-zA-Z0-9-_]+/credentials/[a-zA-Z0-9-_.]+$",
        },
      ],
    },
    plugins: { type: "object", maxProperties: 1 },
  },
  additionalProperties: false,
};

export const CONSUMER_GROUP: JsonObject = {
  type: "object",
  properties: { ...METADATA, plugins: PLUGINS },
  required: ["id", "plugins"],
  additionalProperties: false,
};
