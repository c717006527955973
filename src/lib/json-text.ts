/**
 * Valid JSON texts, taken apart and laid out without being parsed: what a number looked like stays,
 * and a megabyte of result costs one pass.
 */

/** Value texts of an object's members, by key; the last of equal keys wins. */
export function memberTexts(object: string): Map<string, string> {
  const members = new Map<string, string>();
  let at = skipBlanks(object, skipBlanks(object, 0) + 1);
  while (object[at] === '"') {
    const keyEnd = stringEnd(object, at);
    const key = JSON.parse(object.slice(at, keyEnd)) as string;
    const start = skipBlanks(object, skipBlanks(object, keyEnd) + 1);
    const end = valueEnd(object, start);
    members.set(key, object.slice(start, end));
    // Past the comma; past the closing brace nothing is left that begins with a quote.
    at = skipBlanks(object, skipBlanks(object, end) + 1);
  }
  return members;
}

const INDENT = "  ";

/**
 * As the original prints answers: two blanks per level, one member of an object per line, arrays in
 * one line, an empty object over three.
 */
export function prettyJson(text: string): string {
  const open: ("{" | "[")[] = [];
  let objects = 0;
  let pretty = "";
  const line = (): string => `\n${INDENT.repeat(objects)}`;
  for (let at = skipBlanks(text, 0); at < text.length; at = skipBlanks(text, at)) {
    const character = text.charAt(at);
    const end = tokenEnd(text, at);
    if (character === "{") {
      open.push("{");
      objects += 1;
      // The original ends the line of no members too.
      pretty += text[skipBlanks(text, end)] === "}" ? "{\n" : `{${line()}`;
    } else if (character === "}") {
      open.pop();
      objects -= 1;
      pretty += `${line()}}`;
    } else if (character === "[") {
      open.push("[");
      pretty += "[";
    } else if (character === "]") {
      open.pop();
      pretty += "]";
    } else if (character === ",") pretty += open.at(-1) === "{" ? `,${line()}` : ", ";
    else if (character === ":") pretty += ": ";
    else pretty += text.slice(at, end);
    at = end;
  }
  return pretty;
}

function tokenEnd(text: string, at: number): number {
  const character = text.charAt(at);
  if (character === '"') return stringEnd(text, at);
  return "{}[],:".includes(character) ? at + 1 : plainEnd(text, at);
}

/** Index after the value that begins at `at`. */
function valueEnd(text: string, at: number): number {
  let depth = 0;
  let next = at;
  do {
    const character = text.charAt(next);
    if (character === "{" || character === "[") depth += 1;
    else if (character === "}" || character === "]") depth -= 1;
    next = tokenEnd(text, next);
    if (depth > 0) next = skipBlanks(text, next);
  } while (depth > 0 && next < text.length);
  return next;
}

/** Index after the string whose first quote is at `at`. */
function stringEnd(text: string, at: number): number {
  let quote = text.indexOf('"', at + 1);
  while (quote > 0 && isEscaped(text, quote)) quote = text.indexOf('"', quote + 1);
  return quote < 0 ? text.length : quote + 1;
}

function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === 0x5c) first -= 1;
  return (at - first) % 2 === 1;
}

/** Index after a number, `true`, `false` or `null`. */
function plainEnd(text: string, at: number): number {
  let next = at;
  while (next < text.length && !'{}[],:" \t\r\n'.includes(text.charAt(next))) next += 1;
  return next;
}

function skipBlanks(text: string, at: number): number {
  let next = at;
  while (next < text.length && " \t\r\n".includes(text.charAt(next))) next += 1;
  return next;
}
