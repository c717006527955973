/** Plays one case against a server: makes what it needs, asks, compares, asks on. */
import { type Answer, request } from "../helpers/http.ts";
import type { TestIdentity } from "../helpers/identities.ts";
import { waitFor } from "../helpers/wait-for.ts";
import {
  type Case,
  type CaseRequest,
  type Expectation,
  type Given,
  namesOf,
  type Step,
  type Surface,
} from "./case.ts";
import { mismatches } from "./matcher.ts";
import { render, type Variables } from "./template.ts";
import type { Upstreams } from "./upstream.ts";

export type GatewayStage = {
  readonly urls: Readonly<Record<Surface, string>>;
  readonly adminKey: string;
  /** Nodes that the gateway reaches; cases that need them are not played without. */
  readonly upstreams?: Upstreams;
};

/** Where a case is played, and as whom. */
export type Stage = {
  /** Without a slash at the end. */
  readonly url: string;
  /** "uuid:key" */
  readonly auth: string;
  readonly namespace: string;
  readonly subject: string;
  /** A second identity; cases that need one are not played without. */
  readonly other?: TestIdentity;
  /** Six characters that no other case has: for ids of the gateway, which all cases share. */
  readonly unique: string;
  readonly gateway?: GatewayStage;
  /** Added to every entity name, where many cases share one namespace. */
  readonly suffix: string;
};

/** True when the case asks for the second identity. */
export function needsOther(one: Case): boolean {
  return /"auth":"other"|\{\{otherNs\}\}/u.test(JSON.stringify(one));
}

/** True when the case asks the gateway for something. */
export function needsGateway(one: Case): boolean {
  return /"on":"/u.test(JSON.stringify(one));
}

/** True when the case puts a node behind the gateway. */
export function needsUpstream(one: Case): boolean {
  return /\{\{upstream/u.test(JSON.stringify(one));
}

function upstreamVariables([one, two]: Upstreams): Record<string, string> {
  const split = (name: string, address: string): [string, string][] => {
    const at = address.lastIndexOf(":");
    return [
      [name, address],
      [`${name}Host`, address.slice(0, at)],
      [`${name}Port`, address.slice(at + 1)],
    ];
  };
  return Object.fromEntries([...split("upstream", one), ...split("upstream2", two)]);
}

function variablesOf(one: Case, stage: Stage): Record<string, string> {
  const [uuid = "", key = ""] = stage.auth.split(":");
  const names = namesOf(one).map((name) => [name, `${name}${stage.suffix}`] as const);
  return {
    ...Object.fromEntries(names),
    api: stage.url,
    ns: stage.namespace,
    subject: stage.subject,
    uuid,
    key,
    unique: stage.unique,
    ...(stage.gateway?.upstreams === undefined ? {} : upstreamVariables(stage.gateway.upstreams)),
    gatewayNode: stage.gateway === undefined ? "" : new URL(stage.gateway.urls.gateway).host,
    ...(stage.other === undefined ? {} : { otherNs: stage.other.namespace }),
  };
}

function authOf(asked: string | undefined, stage: Stage): string | undefined {
  if (asked === undefined || asked === "own") return stage.auth;
  if (asked === "none") return undefined;
  return asked === "other" ? stage.other?.auth : asked;
}

function fullPath(path: string): string {
  const below = /^\/(namespaces|web\/)/u.test(path) ? `/api/v1${path}` : path;
  return below.replaceAll(" ", "%20");
}

/** A whole URL is asked where it says, anything else at the stage. */
function placeOf(path: string, stage: Stage): { readonly base: string; readonly path: string } {
  const [, origin, rest = ""] = /^(https?:\/\/[^/]+)(.*)$/u.exec(path) ?? [];
  if (origin !== undefined) return { base: origin, path: rest };
  return { base: stage.url, path };
}

function send(asked: CaseRequest, stage: Stage, variables: Variables): Promise<Answer> {
  const filled = render(asked, variables) as CaseRequest;
  if (filled.on !== undefined) return sendToGateway(filled, filled.on, stage);
  const { base, path } = placeOf(filled.path, stage);
  const auth =
    base === stage.url || filled.auth !== undefined ? authOf(filled.auth, stage) : undefined;
  const bytes = filled.bytes === undefined ? undefined : Buffer.from(filled.bytes, "base64");
  const body = bytes ?? filled.rawBody ?? filled.body;
  return request(base, {
    method: filled.method ?? "GET",
    path: fullPath(path),
    ...(auth === undefined ? {} : { auth }),
    ...(filled.headers === undefined ? {} : { headers: filled.headers }),
    ...(body === undefined
      ? {}
      : { body: body === filled.body ? Buffer.from(JSON.stringify(body)) : body }),
    ...(filled.body === undefined
      ? {}
      : { headers: { "content-type": "application/json", ...filled.headers } }),
  });
}

function sendToGateway(asked: CaseRequest, on: Surface, { gateway }: Stage): Promise<Answer> {
  if (gateway === undefined) throw new Error("there is no gateway here");
  const { method = "GET", path, auth, headers, body, rawBody } = asked;
  const hasKey = on === "admin" && auth !== "none";
  const sent = rawBody ?? body;
  return request(gateway.urls[on], {
    method,
    path,
    headers: { ...(hasKey ? { "x-api-key": gateway.adminKey } : {}), ...headers },
    ...(sent === undefined
      ? {}
      : { body: rawBody === undefined ? Buffer.from(JSON.stringify(body)) : rawBody }),
  });
}

/** All differences between an answer and what was expected of it. */
export function differences(expect: Expectation, answer: Answer): string[] {
  const { status, headers, lines, bytes, body, text, error } = expect;
  return [
    ...mismatches(status, answer.status, "status"),
    ...mismatches(headers ?? {}, answer.headers, "headers"),
    ...mismatches(lines ?? {}, answer.lines, "lines"),
    ...(bytes === undefined ? [] : mismatches(bytes, answer.bytes.toString("base64"), "bytes")),
    ...(body === undefined ? [] : mismatches(body, answer.json, "body")),
    ...(text === undefined ? [] : mismatches(text, answer.text, "text")),
    ...(error === undefined ? [] : errorDifferences(error, answer)),
  ];
}

function errorDifferences(error: unknown, answer: Answer): string[] {
  const id = answer.headers["x-request-id"];
  return [
    ...mismatches("application/json", answer.headers["content-type"], "headers.content-type"),
    ...mismatches("<string>", id, "headers.x-request-id"),
    ...mismatches({ "<exact>": { error, code: id } }, answer.json, "body"),
  ];
}

function report(step: Step, answer: Answer, problems: readonly string[]): string {
  const { method = "GET", path } = step.request;
  const text = answer.text.length > 1_500 ? `${answer.text.slice(0, 1_500)}…` : answer.text;
  return `${method} ${path}\n  ${problems.join("\n  ")}\nanswered ${answer.status}: ${text}`;
}

/** Follows "body.response.result"; undefined when there is no such member. */
function pick(path: string, answer: Answer): unknown {
  const [first, ...rest] = path.split(".");
  const whole: unknown = first === "headers" ? answer.headers : answer.json;
  return rest.reduce((value, key) => (value as Record<string, unknown>)?.[key], whole);
}

function capture(step: Step, answer: Answer, variables: Record<string, string>): void {
  for (const [name, path] of Object.entries(step.capture ?? {})) {
    const value = pick(path, answer);
    if (value === undefined) throw new Error(report(step, answer, [`${path}: nothing to capture`]));
    variables[name] = String(value);
  }
}

type Asking = { readonly step: Step; readonly expect: Expectation; ask(): Promise<Answer> };

async function once({ step, expect, ask }: Asking): Promise<Answer> {
  const answer = await ask();
  const problems = differences(expect, answer);
  if (problems.length > 0) throw new Error(report(step, answer, problems));
  return answer;
}

async function burst(asking: Asking, attempts: number): Promise<Answer> {
  for (let made = 1; made < attempts; made += 1) {
    const answer = await asking.ask();
    if (differences(asking.expect, answer).length === 0) return answer;
  }
  return once(asking);
}

async function together(asking: Asking, count: number, or?: Expectation): Promise<Answer> {
  const answers = await Promise.all(Array.from({ length: count }, () => asking.ask()));
  const first = answers.find((answer) => differences(asking.expect, answer).length === 0);
  const second = answers.find((answer) => or && differences(or, answer).length === 0);
  for (const answer of answers) {
    const problems = differences(asking.expect, answer);
    const other = or === undefined ? ["no other answer allowed"] : differences(or, answer);
    if (problems.length > 0 && other.length > 0) {
      throw new Error(report(asking.step, answer, [...problems, ...other]));
    }
  }
  if (first === undefined) throw new Error(`none of ${count} answers was as \`expect\` says`);
  if (or !== undefined && second === undefined) throw new Error(`no answer was as \`or\` says`);
  return first;
}

async function play(step: Step, stage: Stage, variables: Record<string, string>): Promise<void> {
  const expect = render(step.expect, variables) as Expectation;
  const or = step.or === undefined ? undefined : (render(step.or, variables) as Expectation);
  const asking = { step, expect, ask: () => send(step.request, stage, variables) };
  const answer = await (async () => {
    if (step.parallel !== undefined) return together(asking, step.parallel, or);
    if (step.attempts !== undefined) return burst(asking, step.attempts);
    if (step.until === undefined) return once(asking);
    const what = `the answer that ${step.request.path} should give`;
    return waitFor(what, () => once(asking), { timeoutMs: step.until, everyMs: 50 });
  })();
  capture(step, answer, variables);
}

function givenRequest(item: Given): CaseRequest {
  if ("put" in item) {
    const { put, body, auth = "own" } = item as Extract<Given, { put: string }>;
    return { method: "PUT", path: put, body, auth };
  }
  const { action, code, kind = "nodejs:default", main, ...members } = item;
  const exec = { kind, code, ...(main === undefined ? {} : { main }) };
  return {
    method: "PUT",
    path: `/namespaces/_/actions/{{${action}}}`,
    body: { exec, ...members },
  };
}

/** Plays a case to its end; rejects with the step, the differences and the answer. */
export async function runCase(one: Case, stage: Stage): Promise<void> {
  const variables = variablesOf(one, stage);
  for (const item of one.given ?? []) {
    const step = { request: givenRequest(item), expect: { status: 200 } };
    await play(step, stage, variables);
  }
  await play(one, stage, variables);
  for (const step of one.then ?? []) await play(step, stage, variables);
}

/** Removes the entities of a case from a namespace that others use too. */
export async function sweep(one: Case, stage: Stage): Promise<void> {
  for (const name of namesOf(one)) {
    const entity = encodeURIComponent(name + stage.suffix);
    for (const place of SWEPT) {
      const path = `/api/v1/namespaces/_/${place.replace("NAME", entity)}`;
      await request(stage.url, { method: "DELETE", path, auth: stage.auth });
    }
  }
}

/** Where an entity of a name may be; a DELETE in the wrong place is refused and changes nothing. */
const SWEPT = ["rules/NAME", "triggers/NAME", "packages/NAME?force=true", "actions/NAME"];
