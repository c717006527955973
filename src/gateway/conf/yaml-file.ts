/** The text of a YAML file of the original's: variables of the environment, comments kept. */
import { type Document, parseDocument } from "yaml";
import type { Json } from "../../core/documents.ts";

/** Throws an error of one line for the operator. */
export function readYaml(text: string, file: string): Document {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) {
    throw new Error(`${file} cannot be read: ${error.message.split("\n")[0]}`);
  }
  return document;
}

/**
 * What was left empty counts as an object without members, as to the original's reader:
 * `key-auth:` is the plugin with its defaults.
 */
export function emptyForNull(value: Json): Json {
  if (value === null) return {};
  if (Array.isArray(value)) return value.map(emptyForNull);
  if (typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, emptyForNull(item)]),
  );
}

/**
 * Fills `${{NAME}}` and `${{NAME:=default}}` in the text of a file, before it is read: what stands
 * in quotes stays a text. Throws for a variable that is not set.
 */
export function fillText(text: string, env: Readonly<Record<string, string | undefined>>): string {
  return text.replace(VARIABLE, (_, name: string, initial: string | undefined) => {
    const value = env[name] ?? initial;
    if (value === undefined) {
      throw new Error(`can't find environment variable ${name}`);
    }
    return value;
  });
}

/**
 * The same in every text and name of what was read; a text that has one becomes the number or
 * truth value that it then reads as.
 */
export function fillVariables(
  value: Json,
  env: Readonly<Record<string, string | undefined>>,
): Json {
  if (Array.isArray(value)) return value.map((item) => fillVariables(item, env));
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    return Object.fromEntries(
      entries.map(([name, item]) => [fillText(name, env), fillVariables(item, env)]),
    );
  }
  return typeof value === "string" ? filledValue(value, env) : value;
}

const VARIABLE = /\$\{\{\s*(\w+)\s*(?::=(.*?))?\s*\}\}/gu;

function filledValue(text: string, env: Readonly<Record<string, string | undefined>>): Json {
  const filled = fillText(text, env);
  if (filled === text) return text;
  if (filled === "true" || filled === "false") return filled === "true";
  return /^-?\d+(?:\.\d+)?$/u.test(filled) ? Number(filled) : filled;
}
