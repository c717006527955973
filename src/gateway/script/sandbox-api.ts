/**
 * What functions in the sandbox see of a request (docs/gateway/functions.md): a frozen object whose
 * members each ask the host for one text. Nothing of the host is reachable but these operations.
 */
import { isHeaderName } from "../header-list.ts";
import type { RequestContext } from "../request-context.ts";

/** What is no text reads as undefined inside. */
export type HostOperation = (ctx: RequestContext, name: string, value: string) => unknown;

export type HostOperations = Readonly<Record<string, HostOperation>>;

/** For conditions of routes and plugins: variables alone, nothing to change. */
export const VARIABLES: HostOperations = {
  var: (ctx, name) => textOf(ctx.var(name)),
};

export const OPERATIONS: HostOperations = {
  ...VARIABLES,
  setVar: (ctx, name, value) => ctx.setVar(name, value),
  method: (ctx) => ctx.request.method,
  setMethod: (ctx, value) => {
    ctx.request.method = value;
  },
  path: (ctx) => ctx.request.path,
  setPath: (ctx, value) => {
    ctx.request.path = value;
  },
  query: (ctx) => ctx.request.query,
  setQuery: (ctx, value) => {
    ctx.request.query = value;
  },
  body: (ctx) => ctx.request.body?.toString("utf8"),
  setBody: (ctx, value) => ctx.request.setBody(value),
  getHeader: (ctx, name) => ctx.request.headers.get(name),
  setHeader: (ctx, name, value) => ctx.request.headers.set(headerName(name), value),
  removeHeader: (ctx, name) => ctx.request.headers.remove(name),
  status: (ctx) => (ctx.response.status === 0 ? undefined : String(ctx.response.status)),
  setStatus: (ctx, value) => {
    if (ctx.response.status === 0) throw new Error("there is no answer yet: return a status");
    ctx.response.status = statusOf(value);
  },
  getAnswerHeader: (ctx, name) => ctx.response.getHeader(name),
  setAnswerHeader: (ctx, name, value) => ctx.response.setHeader(headerName(name), value),
  addAnswerHeader: (ctx, name, value) => ctx.response.addHeader(headerName(name), value),
  removeAnswerHeader: (ctx, name) => ctx.response.removeHeader(name),
};

/** Throws what the function gets to see. */
export function headerName(name: string): string {
  if (!isHeaderName(name)) throw new Error("not the name of a header");
  return name;
}

export function statusOf(value: unknown): number {
  const status = Number(value);
  if (!Number.isInteger(status) || status < 200 || status > 999) {
    throw new Error("a status is a number from 200 to 999");
  }
  return status;
}

function textOf(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}

/**
 * Runs inside. Gives a function that evaluates sources and calls what they made: results come back
 * as JSON text `{ "status", "body", "headers" }`, as `{ "text" }` of a piece of a body, or undefined.
 */
export const PRELUDE = `(function (host, confText) {
  "use strict";
  const { freeze, create } = Object, { stringify, parse } = JSON;
  const isArray = Array.isArray, text = String;
  const deepFreeze = (value) => {
    if (typeof value === "object" && value !== null) Object.values(freeze(value)).forEach(deepFreeze);
    return value;
  };
  const conf = deepFreeze(parse(confText));
  const named = (name) => (typeof name === "string" ? name : "");
  const vars = new Proxy(freeze(create(null)), {
    get: (_, name) => (typeof name === "string" ? host("var", name, "") : undefined),
    has: (_, name) => typeof name === "string" && host("var", name, "") !== undefined,
    set: (_, name, value) => { host("setVar", named(name), text(value)); return true; },
  });
  class Exit { constructor(result) { this.result = result; } }
  const request = freeze({
    get method() { return host("method", "", ""); },
    get path() { return host("path", "", ""); },
    get query() { return host("query", "", ""); },
    get body() { return host("body", "", ""); },
    setMethod: (value) => { host("setMethod", text(value), ""); },
    setPath: (value) => { host("setPath", text(value), ""); },
    setQuery: (value) => { host("setQuery", text(value), ""); },
    setBody: (value) => { host("setBody", text(value), ""); },
    getHeader: (name) => host("getHeader", text(name), ""),
    setHeader: (name, value) => { host("setHeader", text(name), text(value)); },
    removeHeader: (name) => { host("removeHeader", text(name), ""); },
  });
  const response = freeze({
    get status() { const status = host("status", "", ""); return status && Number(status); },
    setStatus: (value) => { host("setStatus", text(value), ""); },
    getHeader: (name) => host("getAnswerHeader", text(name), ""),
    setHeader: (name, value) => { host("setAnswerHeader", text(name), text(value)); },
    addHeader: (name, value) => { host("addAnswerHeader", text(name), text(value)); },
    removeHeader: (name) => { host("removeAnswerHeader", text(name), ""); },
  });
  const ctx = freeze({
    var: vars,
    request,
    response,
    exit: (status, body, headers) => { throw new Exit({ status, body, headers }); },
    log: (...parts) => { host("log", parts.map(text).join(" "), ""); },
  });
  const exitOf = (result) => {
    if (result === undefined || result === null) return undefined;
    if (typeof result === "number") return stringify({ status: result });
    if (isArray(result)) {
      const [status, body, headers] = result;
      if ((status ?? body ?? null) === null) return undefined;
      return stringify({ status: status ?? undefined, body: body ?? undefined, headers });
    }
    if (typeof result === "object") return stringify(result);
    return stringify({ body: text(result) });
  };
  const pieceOf = (result) =>
    result === undefined || result === null ? undefined : stringify({ text: text(result) });
  const functions = [];
  return freeze({
    add: (made) => { functions.push(made); return functions.length - 1; },
    call: (at, isPiece, chunk, eof) => {
      const reading = isPiece ? pieceOf : exitOf;
      const caught = (error) => {
        if (error instanceof Exit) return exitOf(error.result);
        throw error;
      };
      try {
        const result = functions[at](conf, ctx, chunk, eof);
        if (typeof result?.then === "function") return result.then(reading).catch(caught);
        return reading(result);
      } catch (error) {
        return caught(error);
      }
    },
    test: (at) => {
      const result = functions[at](vars);
      return result !== undefined && result !== null && result !== false;
    },
  });
})`;
