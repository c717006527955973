/**
 * A conformance case: one JSON file that says what a client sends and what must come back. The
 * parser is strict, so that a misspelt member is an error and not a check that never happens.
 * docs/testing.md has the guide.
 */
import { matcherProblems } from "./matcher.ts";
import { holes } from "./template.ts";

export type Surface = "admin" | "gateway" | "control";

export type CaseRequest = {
  readonly method?: string;
  /**
   * From the root; "/namespaces…" and "/web/…" are short for "/api/v1/…". A captured URL at the
   * beginning ("{{url}}/books") asks there, without credentials unless `auth` names some.
   */
  readonly path: string;
  /** Instead of the API: a listener of the gateway; its Admin API gets its key unless `auth` is "none". */
  readonly on?: Surface;
  /** "own" (default), "none", "other" (a second identity) or "uuid:key". */
  readonly auth?: string;
  /** A list is a header that comes more than once. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, without a content type of its own. */
  readonly rawBody?: unknown;
  /** Base64 of a body that is no text; sent without a content type of its own. */
  readonly bytes?: string;
};

export type Expectation = {
  readonly status: unknown;
  /** Lower-case names; "<absent>" for one that must not be there. */
  readonly headers?: Readonly<Record<string, unknown>>;
  /** Lower-case names with the values of each of their lines, for headers that come repeatedly. */
  readonly lines?: Readonly<Record<string, unknown>>;
  /** Base64 of the body, for one that is no text. */
  readonly bytes?: unknown;
  /** Matcher of the JSON body. */
  readonly body?: unknown;
  /** Matcher of the body as text. */
  readonly text?: unknown;
  /** Short for an error body: exactly this `error`, and `code` equal to the X-Request-ID header. */
  readonly error?: unknown;
};

export type Step = {
  readonly request: CaseRequest;
  readonly expect: Expectation;
  /** Variables for later steps, by path: "body.activationId", "headers.x-request-id". */
  readonly capture?: Readonly<Record<string, string>>;
  /** Ask again until the answer is as expected, at most this many milliseconds. */
  readonly until?: number;
  /** Ask up to this many times without a pause; one answer must be as expected. */
  readonly attempts?: number;
  /** Ask this many times at once; each answer must be as expected, or as `or` says. */
  readonly parallel?: number;
  /** With `parallel`: what some answers may be instead; at least one answer is of each sort. */
  readonly or?: Expectation;
};

/**
 * An action to create before the request, or any entity with `put` (path), `body` and the identity
 * that puts it ("own" when absent).
 */
export type Given =
  | { readonly action: string; readonly code: unknown; readonly [member: string]: unknown }
  | { readonly put: string; readonly body: unknown; readonly auth?: string };

export type Case = Step & {
  readonly title: string;
  /** Where the behaviour is described. */
  readonly ref: string;
  /** Runs on a server with the original's stock limits. */
  readonly limits?: "original";
  /** Limits document of the case's own namespace. */
  readonly namespaceLimits?: Readonly<Record<string, unknown>>;
  /** What a foreign server must have, else the case is skipped there. */
  readonly needs?: readonly string[];
  /** Names of entities that the case makes itself, usable as {{name}}; those of `given` are too. */
  readonly names?: readonly string[];
  readonly given?: readonly Given[];
  readonly then?: readonly Step[];
};

/** Longest poll; a case that needs more is too slow for this ring. */
const UNTIL_MAX_MS = 60_000;
/** Holes that every case has. */
export const BUILT_IN = [
  ...["api", "ns", "subject", "uuid", "key", "otherNs", "unique", "gatewayNode"],
  ...["upstream", "upstreamHost", "upstreamPort", "upstream2", "upstream2Host", "upstream2Port"],
];

type Check = (value: unknown, path: string) => string[];

const text: Check = (value, path) =>
  typeof value === "string" && value !== "" ? [] : [`${path}: must be a text`];
const anything: Check = () => [];
/** The value of a header, which may be empty. */
const line: Check = (value, path) => (typeof value === "string" ? [] : [`${path}: must be a text`]);
const matcher: Check = matcherProblems;
const count =
  (max: number): Check =>
  (value, path) =>
    Number.isSafeInteger(value) && Number(value) > 0 && Number(value) <= max
      ? []
      : [`${path}: must be 1 to ${max}`];
const oneOf =
  (...allowed: readonly string[]): Check =>
  (value, path) =>
    allowed.includes(String(value)) ? [] : [`${path}: must be ${allowed.join(" or ")}`];
const listOf =
  (check: Check): Check =>
  (value, path) =>
    Array.isArray(value)
      ? value.flatMap((item, index) => check(item, `${path}[${index}]`))
      : [`${path}: must be a list`];
const mapOf =
  (check: Check): Check =>
  (value, path) =>
    isObject(value)
      ? Object.entries(value).flatMap(([key, item]) => check(item, `${path}.${key}`))
      : [`${path}: must be an object`];

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Members marked with "!" are required; others than these are errors. */
function shape(members: Readonly<Record<string, Check>>): Check {
  const checks = new Map(
    Object.entries(members).map(([key, check]) => [key.replace("!", ""), check]),
  );
  const required = Object.keys(members).filter((key) => key.endsWith("!"));
  return (value, path) => {
    if (!isObject(value)) return [`${path}: must be an object`];
    return [
      ...required
        .map((key) => key.slice(0, -1))
        .filter((key) => !(key in value))
        .map((key) => `${path}: ${key} is missing`),
      ...Object.entries(value).flatMap(
        ([key, item]) => checks.get(key)?.(item, `${path}.${key}`) ?? [`${path}.${key}: unknown`],
      ),
    ];
  };
}

const path: Check = (value, at) =>
  typeof value === "string" && /^(\/|\{\{\w+\}\})/.test(value)
    ? []
    : [`${at}: must start with / or a captured URL`];
const lowerCase: Check = (value, at) =>
  isObject(value)
    ? [
        ...Object.keys(value)
          .filter((key) => key !== key.toLowerCase())
          .map((key) => `${at}.${key}: header names are written in lower case`),
        ...mapOf(matcher)(value, at),
      ]
    : [`${at}: must be an object`];
const request = shape({
  method: oneOf("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "PURGE"),
  "path!": path,
  on: oneOf("admin", "gateway", "control"),
  auth: text,
  headers: mapOf((value, at) => (Array.isArray(value) ? listOf(line) : line)(value, at)),
  body: anything,
  rawBody: anything,
  bytes: text,
});
const expectation = shape({
  "status!": matcher,
  headers: lowerCase,
  lines: lowerCase,
  bytes: matcher,
  body: matcher,
  text: matcher,
  error: matcher,
});
const captured: Check = (value, at) =>
  /^(body|headers)\./u.test(String(value)) ? [] : [`${at}: must start with body. or headers.`];
const stepMembers = {
  "request!": request,
  "expect!": expectation,
  capture: mapOf(captured),
  until: count(UNTIL_MAX_MS),
  attempts: count(1_000),
  parallel: count(100),
  or: expectation,
};
const entity = shape({ "put!": path, "body!": anything, auth: text });
const action = shape({
  "action!": text,
  "code!": anything,
  kind: text,
  main: text,
  parameters: anything,
  annotations: anything,
  limits: anything,
});
const given: Check = (value, at) =>
  isObject(value) && "put" in value ? entity(value, at) : action(value, at);
const wholeCase = shape({
  "title!": text,
  "ref!": text,
  limits: oneOf("original"),
  namespaceLimits: mapOf(anything),
  needs: listOf(text),
  names: listOf(text),
  given: listOf(given),
  ...stepMembers,
  // biome-ignore lint/suspicious/noThenProperty: the member of a case file, never awaited
  then: listOf(shape(stepMembers)),
});

/** Names of the entities that a case may mention as {{name}}. */
export function namesOf(one: Pick<Case, "names" | "given">): string[] {
  const made = (one.given ?? []).flatMap((item) => ("action" in item ? [item.action] : []));
  return [...(one.names ?? []), ...made];
}

/** Holes that nothing fills by the time they are used. */
function holeProblems(one: Case): string[] {
  const known = new Set<string>([...BUILT_IN, ...namesOf(one)]);
  const steps: readonly Step[] = [one, ...(one.then ?? [])];
  const missing = (value: unknown): string[] =>
    [...holes(value)].filter((name) => !known.has(name)).map((name) => `{{${name}}}: not declared`);
  return [
    ...missing(one.given),
    ...steps.flatMap(({ request: asked, expect, or, capture }) => {
      const problems = missing([asked, expect, or]);
      for (const name of Object.keys(capture ?? {})) known.add(name);
      return problems;
    }),
  ];
}

/** Parses the text of a case file; throws one error that names all problems. */
export function parseCase(source: string): Case {
  const json = JSON.parse(source) as unknown;
  const problems = wholeCase(json, "case");
  if (problems.length === 0) problems.push(...holeProblems(json as Case));
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return json as Case;
}
