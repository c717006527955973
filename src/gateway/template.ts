/**
 * Templates of configurations: `$name`, `${name}`, `${name ?? default}`; `\$` is no variable. An
 * unset variable without default is the empty string (apisix-gateway.md 2).
 */
export type VariableValue = string | number | boolean | object | undefined;
export type Lookup = (name: string) => VariableValue;

const VARIABLE = /(?<!\\)\$(?:\{\s*([^}]+?)\s*\}|([\w.]+))/g;

export type Resolved = {
  readonly text: string;
  /** How many variables had a value or a default. */
  readonly count: number;
};

export function resolveTemplate(
  template: string,
  lookup: Lookup,
  encode?: (value: string) => string,
): Resolved {
  if (!template.includes("$")) return { text: template, count: 0 };
  let count = 0;
  const text = template.replace(VARIABLE, (_, braced: string | undefined, plain: string) => {
    const [name = "", fallback] = (braced ?? plain).split(/\s*\?\?\s*/);
    const value = lookup(name) ?? fallback;
    if (value === undefined) return "";
    count++;
    return encode === undefined ? asText(value) : encode(asText(value));
  });
  return { text, count };
}

/** Replaces `$1`, `${1}` by what a regular expression captured; "\$1" stays. */
export function resolveCaptures(
  template: string,
  captures: readonly (string | undefined)[],
): string {
  if (!template.includes("$")) return template;
  return template.replace(/(?<!\\)\$\{?(\d+)\}?/g, (_, digits: string) => {
    return captures[Number(digits)] ?? "";
  });
}

/** How much of a request's body must be read before a text is resolved. */
export type BodyWish = "nothing" | "beginning" | "whole";

/** Of a text, or a configuration as JSON: by the variables that it names. */
export function bodyWish(text: string): BodyWish {
  // A form or document is read as a whole, or not at all; of the body itself a part may do.
  if (/\b(post_arg[._]|graphql_)/.test(text)) return "whole";
  return /\brequest_body\b/.test(text) ? "beginning" : "nothing";
}

/** True when values of the body decide what the text resolves to: it must be read before. */
export function mentionsBody(text: string): boolean {
  return bodyWish(text) !== "nothing";
}

export function asText(value: Exclude<VariableValue, undefined>): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
