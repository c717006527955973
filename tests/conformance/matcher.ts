/**
 * Compares an answer with what a case expects, and says where they differ.
 *
 * Plain values must be equal. An object matches when each named member does (others may be there);
 * an array must have just these items in this order. Strings and one-member objects in pointed
 * brackets are matchers: the two tables below are all there are.
 */

/** Matchers written as a string, e.g. "<hex32>". */
const WORDS: ReadonlyMap<unknown, (actual: unknown) => boolean> = new Map(
  Object.entries({
    "<any>": (actual) => actual !== undefined,
    "<absent>": (actual) => actual === undefined,
    "<string>": (actual) => typeof actual === "string" && actual.length > 0,
    "<int>": Number.isSafeInteger,
    "<bool>": (actual) => typeof actual === "boolean",
    "<object>": isObject,
    "<array>": Array.isArray,
    "<hex32>": (actual) => typeof actual === "string" && /^[0-9a-f]{32}$/.test(actual),
    /** A time of the last ten minutes, or (clocks differ) up to ten seconds ahead; ms epoch. */
    "<now>": (actual) =>
      Number.isSafeInteger(actual) &&
      Number(actual) > Date.now() - 600_000 &&
      Number(actual) < Date.now() + 10_000,
  } satisfies Record<string, (actual: unknown) => boolean>),
);

type Rule = (argument: unknown, actual: unknown, path: string) => string[];

/** Matchers written as an object with one member, e.g. {"<each>": "<hex32>"}. */
const RULES: Readonly<Record<string, Rule>> = {
  /** An object with these members and no others. */
  "<exact>": (argument, actual, path) => {
    const known = new Set(Object.keys(argument as object));
    const extra = isObject(actual) ? Object.keys(actual).filter((key) => !known.has(key)) : [];
    return [
      ...mismatches(argument, actual, path),
      ...extra.map((key) => `${path}.${key}: not expected, but is ${show(actual, key)}`),
    ];
  },
  /** An array of {key, value} as a map: each named key has this value ("<absent>": is not there). */
  "<keyed>": (argument, actual, path) => {
    if (!Array.isArray(actual)) return [`${path}: expected an array, but is ${show(actual)}`];
    const map = Object.fromEntries(actual.map((item) => [item?.key, item?.value]));
    return mismatches(argument, map, path);
  },
  /** An array in which each of these items is found, wherever. */
  "<contains>": (argument, actual, path) => {
    if (!Array.isArray(actual)) return [`${path}: expected an array, but is ${show(actual)}`];
    return (argument as unknown[])
      .filter((item) => !actual.some((one) => mismatches(item, one, path).length === 0))
      .map((item) => `${path}: no item like ${show(item)} in ${show(actual)}`);
  },
  "<each>": (argument, actual, path) => {
    if (!Array.isArray(actual)) return [`${path}: expected an array, but is ${show(actual)}`];
    return actual.flatMap((item, index) => mismatches(argument, item, `${path}[${index}]`));
  },
  /** Length of an array or a string. */
  "<length>": (argument, actual, path) => {
    const length = Array.isArray(actual) || typeof actual === "string" ? actual.length : undefined;
    return mismatches(argument, length, `${path}.length`);
  },
  "<not>": (argument, actual, path) =>
    mismatches(argument, actual, path).length > 0
      ? []
      : [`${path}: must not be like ${show(argument)}, but is ${show(actual)}`],
  "<oneOf>": (argument, actual, path) =>
    (argument as unknown[]).some((item) => mismatches(item, actual, path).length === 0)
      ? []
      : [`${path}: expected one of ${show(argument)}, but is ${show(actual)}`],
  "<allOf>": (argument, actual, path) =>
    (argument as unknown[]).flatMap((item) => mismatches(item, actual, path)),
  /** A number from the first to the second, both included. */
  "<between>": (argument, actual, path) => {
    const [low, high] = argument as [number, number];
    return typeof actual === "number" && actual >= low && actual <= high
      ? []
      : [`${path}: expected ${low} to ${high}, but is ${show(actual)}`];
  },
  "<regex>": (argument, actual, path) =>
    typeof actual === "string" && new RegExp(argument as string, "u").test(actual)
      ? []
      : [`${path}: expected to match /${argument}/, but is ${show(actual)}`],
  /** A log line `<time padded to 30> <stream>: <text>`; the argument is [stream, matcher of text]. */
  "<log>": (argument, actual, path) => {
    const [stream, text] = argument as [string, unknown];
    const line =
      /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,9}Z)( *) (stdout|stderr): ([\s\S]*)$/u.exec(
        String(actual),
      );
    if (line === null || `${line[1]}${line[2]}`.length !== 30) {
      return [`${path}: expected a log line, but is ${show(actual)}`];
    }
    return [...mismatches(stream, line[3], path), ...mismatches(text, line[4], path)];
  },
};

/** What every object matcher's argument must be, for the check of case files. */
const ARGUMENTS: Readonly<Record<string, (argument: unknown) => boolean>> = {
  "<exact>": isObject,
  "<keyed>": isObject,
  "<contains>": Array.isArray,
  "<each>": () => true,
  "<length>": () => true,
  "<not>": () => true,
  "<oneOf>": Array.isArray,
  "<allOf>": Array.isArray,
  "<between>": (argument) =>
    Array.isArray(argument) && argument.length === 2 && argument.every(Number.isFinite),
  "<regex>": (argument) => typeof argument === "string",
  "<log>": (argument) =>
    Array.isArray(argument) && argument.length === 2 && /^std(out|err)$/.test(String(argument[0])),
};

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value: unknown, key?: string): string {
  const shown = key !== undefined && isObject(value) ? value[key] : value;
  const text = JSON.stringify(shown) ?? "absent";
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

/** The name and argument of an object matcher, or undefined when `value` is a plain object. */
function rule(value: Record<string, unknown>): [string, unknown] | undefined {
  const [first, ...others] = Object.entries(value);
  return first !== undefined && others.length === 0 && /^<.+>$/.test(first[0]) ? first : undefined;
}

/** All differences, one line each, starting with where; empty when `actual` is as expected. */
export function mismatches(expected: unknown, actual: unknown, path: string): string[] {
  const word = typeof expected === "string" ? WORDS.get(expected) : undefined;
  if (word !== undefined) {
    const holds = word(actual);
    return holds ? [] : [`${path}: expected ${expected}, but is ${show(actual)}`];
  }
  if (isObject(expected)) {
    const matcher = rule(expected);
    if (matcher !== undefined) return RULES[matcher[0]]?.(matcher[1], actual, path) ?? [];
    if (!isObject(actual)) return [`${path}: expected an object, but is ${show(actual)}`];
    return Object.entries(expected).flatMap(([key, value]) =>
      mismatches(value, actual[key], `${path}.${key}`),
    );
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) {
      return [`${path}: expected ${expected.length} items, but is ${show(actual)}`];
    }
    return expected.flatMap((item, at) => mismatches(item, actual[at], `${path}[${at}]`));
  }
  return expected === actual ? [] : [`${path}: expected ${show(expected)}, but is ${show(actual)}`];
}

/** Words and objects in pointed brackets that are no matcher, or have a wrong argument. */
export function matcherProblems(expected: unknown, path: string): string[] {
  if (typeof expected === "string") {
    const looksLike = /^<[a-zA-Z0-9]+>$/.test(expected);
    return looksLike && !WORDS.has(expected) ? [`${path}: no matcher ${expected}`] : [];
  }
  if (Array.isArray(expected)) {
    return expected.flatMap((item, index) => matcherProblems(item, `${path}[${index}]`));
  }
  if (!isObject(expected)) return [];
  const brackets = Object.keys(expected).find((key) => /^<.+>$/.test(key));
  if (brackets === undefined) {
    return Object.entries(expected).flatMap(([key, value]) =>
      matcherProblems(value, `${path}.${key}`),
    );
  }
  if (rule(expected) === undefined) return [`${path}: ${brackets} must stand alone`];
  const accepts = ARGUMENTS[brackets];
  if (accepts === undefined) return [`${path}: no matcher ${brackets}`];
  if (!accepts(expected[brackets])) return [`${path}: ${brackets} does not take this argument`];
  return brackets === "<regex>" ? [] : matcherProblems(expected[brackets], `${path}.${brackets}`);
}
