/** Fills a schema's defaults into configurations: they are stored as they were sent. */
import type { JsonObject } from "../core/documents.ts";
import { Validator } from "./schema/validator.ts";

const validators = new WeakMap<JsonObject, Validator>();

/**
 * A copy of the configuration with defaults. What it says of validity is not asked here: the Admin
 * API has checked it, with the original's texts.
 */
export function withDefaults(schema: JsonObject, conf: JsonObject): JsonObject {
  let validator = validators.get(schema);
  if (validator === undefined) {
    validator = new Validator(schema);
    validators.set(schema, validator);
  }
  return validator.fill(conf);
}
