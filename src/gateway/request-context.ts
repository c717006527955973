/** One request on its way through the gateway, as plugins see it. */
import type { X509Certificate } from "node:crypto";
import type { JsonObject } from "../core/documents.ts";
import type { ClientRequest } from "./client-request.ts";
import { ClientResponse } from "./client-response.ts";
import type { Consumer } from "./consumer.ts";
import { type Resolved, resolveTemplate, type VariableValue } from "./template.ts";
import { variableOf } from "./variables.ts";

/** One end of a connection. */
export type Endpoint = { readonly address: string; readonly port: number };

export type Connection = {
  readonly peer: Endpoint;
  readonly local: Endpoint;
  /** Counts connections of this gateway. */
  readonly id: number;
  /** A head was refused on it: nothing more is read. */
  isRefused: boolean;
  /** SNI of a TLS connection, its protocol ("TLSv1.3") and cipher. */
  readonly tls?: {
    readonly serverName?: string;
    readonly protocol: string;
    readonly cipher: string;
    /** The client's certificate was demanded, shown and accepted. */
    readonly isClientVerified: boolean;
    /** The certificate that the client was asked for and that was accepted. */
    readonly clientCertificate?: () => X509Certificate | undefined;
  };
};

/** The route that matched; the documents are those of the configuration, not to be changed. */
export type MatchedRoute = {
  readonly id: string;
  readonly name: string | undefined;
  /** The pattern that matched: "/hello/*", "*.example.com". */
  readonly uri: string;
  readonly host: string | undefined;
  /** Captures: `:name` by name, a star at the start of a segment as ":ext". */
  readonly params: Readonly<Record<string, string>>;
  readonly value: JsonObject;
  readonly service:
    | { readonly id: string; readonly name?: string; readonly value: JsonObject }
    | undefined;
};

/** Another upstream than the route's: by id, or as a document (the same object each time). */
export type UpstreamChoice = { readonly id: string } | { readonly value: JsonObject };

/** One try to reach a node. */
export type UpstreamAttempt = {
  readonly host: string;
  readonly port: number;
  /** The node as it is configured: the name whose address `host` is. */
  readonly name: string;
  readonly scheme: string;
  /** undefined: no answer */
  status: number | undefined;
  /** milliseconds: until connected, until the head of the answer, until its end */
  connectMs: number | undefined;
  headerMs: number | undefined;
  responseMs: number | undefined;
};

let requests = 0;

export class RequestContext {
  readonly request: ClientRequest;
  readonly response = new ClientResponse();
  readonly connection: Connection;
  /** The client's address: the peer's, unless `real-ip` found another. */
  client: Endpoint;
  /** ms epoch at which the head was complete; and on the monotonic clock */
  readonly startedAt: number;
  readonly startedMs: number;
  /** Undefined while nothing has matched: global rules also run for unknown routes. */
  route: MatchedRoute | undefined;
  /** Set by `attachConsumer`. */
  consumer: Consumer | undefined;
  /** Set by a plugin before the upstream is called (traffic-split). */
  upstream: UpstreamChoice | undefined;
  /** Tries so far, the last one is the node in use: set from `beforeProxy` on. */
  readonly attempts: UpstreamAttempt[] = [];
  /** The answer is sent, or the client has gone: the log phase is over. */
  isOver = false;
  /** Counts up over the gateway's life. */
  readonly serial = ++requests;
  private own: Map<string, VariableValue> | undefined;
  private slots: Map<symbol, unknown> | undefined;

  constructor(request: ClientRequest, connection: Connection, now: number) {
    this.request = request;
    this.connection = connection;
    this.client = connection.peer;
    this.startedAt = now;
    this.startedMs = performance.now();
  }

  /**
   * A variable by its name without "$" (docs/gateway/variables.md); undefined: unset. Those of the
   * body (`post_arg_*`, `request_body`) are unset until it was read: when a plugin's configuration
   * names one, the gateway reads it before the plugin runs, for the phases after the upstream's
   * answer before it is called.
   */
  var(name: string): VariableValue {
    const own = this.own?.get(name);
    return own === undefined ? variableOf(this, name) : own;
  }

  /** Sets a variable for templates and expressions that come later. */
  setVar(name: string, value: VariableValue): void {
    this.own ??= new Map();
    this.own.set(name, value);
  }

  /** `$name`, `${name}`, `${name ?? default}` replaced. */
  resolve(template: string): string {
    return template.includes("$") ? this.resolveCounted(template).text : template;
  }

  /** Also tells how many variables had a value: none means there is no key to limit by. */
  resolveCounted(template: string, encode?: (value: string) => string): Resolved {
    return resolveTemplate(template, (name) => this.var(name), encode);
  }

  /**
   * For authentication plugins: the request is this consumer's. Tells the upstream in headers; the
   * consumer's own plugins join after the rewrite phase.
   */
  attachConsumer(consumer: Consumer): void {
    this.consumer = consumer;
    const { headers } = this.request;
    headers.set("X-Consumer-Username", consumer.username);
    setOrRemove(headers, "X-Credential-Identifier", consumer.credentialId);
    setOrRemove(headers, "X-Consumer-Custom-ID", consumer.customId);
  }

  /** Storage of a plugin for this request: see `createSlot`. */
  get<T>(slot: Slot<T>): T | undefined {
    return this.slots?.get(slot.key) as T | undefined;
  }

  set<T>(slot: Slot<T>, value: T): void {
    this.slots ??= new Map();
    this.slots.set(slot.key, value);
  }
}

/** A place in each request for a value of one plugin, carried from phase to phase. */
export type Slot<T> = { readonly key: symbol; readonly of?: T };

export function createSlot<T>(name: string): Slot<T> {
  return { key: Symbol(name) };
}

function setOrRemove(
  headers: RequestContext["request"]["headers"],
  name: string,
  value: string | undefined,
): void {
  if (value === undefined) headers.remove(name);
  else headers.set(name, value);
}
