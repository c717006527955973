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
 * Fills `${{NAME}}` and `${{NAME:=default}}` in every text; a text that was nothing but one
 * becomes the number or truth value that it reads as. Throws for a variable that is not set.
 */
export function fillVariables(
  value: Json,
  env: Readonly<Record<string, string | undefined>>,
): Json {
  if (Array.isArray(value)) return value.map((item) => fillVariables(item, env));
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    return Object.fromEntries(entries.map(([name, item]) => [name, fillVariables(item, env)]));
  }
  return typeof value === "string" ? fillText(value, env) : value;
}

const VARIABLE = /\$\{\{\s*(\w+)\s*(?::=(.*?))?\s*\}\}/gu;

function fillText(text: string, env: Readonly<Record<string, string | undefined>>): Json {
  let isFilled = false;
  const filled = text.replace(VARIABLE, (_, name: string, initial: string | undefined) => {
    const value = env[name] ?? initial;
    if (value === undefined) {
      throw new Error(`can't find environment variable ${name}`);
    }
    isFilled = true;
    return value;
  });
  if (!isFilled) return text;
  if (filled === "true" || filled === "false") return filled === "true";
  return /^-?\d+(?:\.\d+)?$/u.test(filled) ? Number(filled) : filled;
}
