/** Fills a schema's defaults into configurations: they are stored as they were sent. */
import { Ajv, type ValidateFunction } from "ajv";
import type { JsonObject } from "../core/documents.ts";

const ajv = new Ajv({
  useDefaults: true,
  strict: false,
  validateFormats: false,
  validateSchema: false,
  addUsedSchema: false,
});
const validators = new WeakMap<JsonObject, ValidateFunction>();

/**
 * A copy of the configuration with defaults. What it says of validity is not asked here: the Admin
 * API has checked it, with the original's texts.
 */
export function withDefaults(schema: JsonObject, conf: JsonObject): JsonObject {
  const copy = structuredClone(conf);
  let validate = validators.get(schema);
  if (validate === undefined) {
    validate = ajv.compile(schema);
    validators.set(schema, validate);
  }
  validate(copy);
  return copy;
}
