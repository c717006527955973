/**
 * The controller's HTTP front: transaction id, authentication, names, throttles, entitlement, then
 * the handler, in the original's order (openwhisk-api.md 1.6); errors become bodies only here.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Identity } from "../core/documents.ts";
import { asPlatformError, PlatformError } from "../core/errors.ts";
import type { LocalInvoke } from "../core/local-invoke.ts";
import type { TransactionId } from "../core/messages.ts";
import type { Handler, Reply } from "./api/handler.ts";
import { type InvokeCall, type InvokeDeps, invokeAction } from "./api/invoke.ts";
import type { Authenticator } from "./auth.ts";
import { HttpInvokeCall, LocalInvokeCall, localFailure } from "./invoke-call.ts";
import { type InvokeTarget, InvokeTargets, splitPath } from "./invoke-target.ts";
import { sendError, sendReply } from "./reply.ts";
import { readWhole, transactionId, transactionOf } from "./request.ts";
import type { Collection, RouteTable } from "./routes.ts";
import { WEB_PREFIX } from "./web/url.ts";
import type { WebActions } from "./web/web-actions.ts";

export type ControllerOptions = {
  readonly uriBytesMax: number;
  readonly bodyBytesMax: number;
  /** Longest wait of a blocking invocation, ms. */
  readonly waitMsMax: number;
};

export type ControllerDeps = {
  readonly auth: Pick<Authenticator, "peek" | "identify">;
  readonly invoke: InvokeDeps;
  readonly web: Pick<WebActions, "serve">;
  readonly routes: RouteTable;
  /** Throws VALIDATION for an illegal namespace or entity name. */
  readonly checkNames: (names: readonly string[]) => void;
  /** Throws THROTTLED; called for every POST to actions and triggers. */
  readonly throttle: (identity: Identity, collection: Collection) => void;
  /** Throws FORBIDDEN when the caller may not do this. */
  readonly checkEntitlement: (
    identity: Identity,
    method: string,
    collection: Collection,
    namespace: string,
    rest: readonly string[],
  ) => void;
  readonly log: (level: "warn" | "error", message: string, fields?: object) => void;
  /** Told of every request; only there when somebody wants to know (log level debug). */
  readonly watch: RequestWatcher | undefined;
};

export type RequestWatcher = (
  request: IncomingMessage,
  response: ServerResponse,
  transid: TransactionId,
) => void;

const API = "/api/v1";
const OK: Reply = { status: 200, body: "OK", type: "text" };

export class Controller {
  private readonly deps: ControllerDeps;
  private readonly options: ControllerOptions;
  private readonly targets: InvokeTargets;

  constructor(deps: ControllerDeps, options: ControllerOptions) {
    this.deps = deps;
    this.options = options;
    this.targets = new InvokeTargets(options.waitMsMax, deps.checkNames);
  }

  /** The listener's request handler. */
  readonly serve = (request: IncomingMessage, response: ServerResponse): void => {
    const transid = transactionId(request);
    const url = request.url ?? "/";
    this.deps.watch?.(request, response, transid);
    if (request.method === "POST" && url.length <= this.options.uriBytesMax) {
      const target = this.targets.read(url);
      if (target !== undefined) {
        this.serveInvoke(request, response, transid, target);
        return;
      }
    }
    if (url.startsWith(WEB_PREFIX) && url.length <= this.options.uriBytesMax) {
      const isService = this.deps.routes.service(url) !== undefined;
      if (!isService && this.deps.web.serve(request, response, transid, url)) return;
    }
    this.serveOther(request, response, transid, url).catch((cause: unknown) => {
      request.resume();
      this.fail(response, transid, cause);
    });
  };

  /** Invokes an action for another part of this program; see `LocalInvoke`. */
  readonly invokeLocally: LocalInvoke = (request, answer) => {
    if (request.url.length > this.options.uriBytesMax) return false;
    const target = this.targets.read(request.url);
    if (target === undefined) return false;
    const transid = transactionOf(request.requestId);
    const fail = (error: PlatformError): void => {
      this.report(transid, error);
      answer(localFailure(transid, error));
    };
    const begin = (identity: Identity): void =>
      this.invoke(new LocalInvokeCall(request, answer, transid, identity, target, fail));
    const known = this.deps.auth.peek(request.authorization);
    if (known !== undefined) {
      begin(known);
      return true;
    }
    this.deps.auth
      .identify(request.authorization)
      .then(begin, (cause: unknown) => fail(asPlatformError(cause)));
    return true;
  };

  private serveInvoke(
    request: IncomingMessage,
    response: ServerResponse,
    transid: TransactionId,
    target: InvokeTarget,
  ): void {
    const fail = (error: PlatformError): void => this.fail(response, transid, error);
    const known = this.deps.auth.peek(request.headers.authorization);
    if (known !== undefined) {
      this.invoke(new HttpInvokeCall(request, response, transid, known, target, fail));
      return;
    }
    this.deps.auth.identify(request.headers.authorization).then(
      (identity) =>
        this.invoke(new HttpInvokeCall(request, response, transid, identity, target, fail)),
      (cause: unknown) => {
        request.resume();
        this.fail(response, transid, cause);
      },
    );
  }

  private invoke(call: InvokeCall): void {
    const { target, identity } = call;
    try {
      if (target.nameError !== undefined) throw target.nameError;
      this.deps.throttle(identity, "actions");
      const namespace = target.namespace === "_" ? identity.namespace.name : target.namespace;
      this.deps.checkEntitlement(identity, "POST", "actions", namespace, target.rest);
    } catch (cause) {
      call.dropBody();
      call.fail(asPlatformError(cause));
      return;
    }
    invokeAction(this.deps.invoke, call);
  }

  private async serveOther(
    request: IncomingMessage,
    response: ServerResponse,
    transid: TransactionId,
    url: string,
  ): Promise<void> {
    if (url.length > this.options.uriBytesMax) throw new PlatformError("URI_TOO_LONG");
    const mark = url.indexOf("?");
    const path = mark < 0 ? url : url.slice(0, mark);
    const query = mark < 0 ? "" : url.slice(mark + 1);
    const method = request.method ?? "GET";
    const below = path === API || path.startsWith(`${API}/`);
    const corsSet = below ? "rest" : "server";
    if (method === "OPTIONS") {
      sendReply(response, transid.id, corsSet, OK);
      return;
    }
    const open = this.deps.routes.open(method, path);
    if (open !== undefined) {
      const reply = await open.handler(query);
      sendReply(response, transid.id, open.corsSet, reply);
      return;
    }
    const service = this.deps.routes.service(url);
    if (service !== undefined) {
      const rest = path.slice(service.prefix.length);
      const { headers } = request;
      const { bodyBytesMax } = this.options;
      const bytesMax = Math.min(service.bodyBytesMax ?? bodyBytesMax, bodyBytesMax);
      const body = (): Promise<Buffer> => readWhole(request, bytesMax);
      const reply = await service.handler({ method, path: rest, query, headers, body });
      sendReply(response, transid.id, "none", reply);
      return;
    }
    if (!below) throw new PlatformError("METHOD_UNKNOWN");
    const identity = await this.deps.auth.identify(request.headers.authorization);
    const reply = await this.serveEntity(request, transid, method, path, query, identity);
    sendReply(response, transid.id, "rest", reply);
  }

  private async serveEntity(
    request: IncomingMessage,
    transid: TransactionId,
    method: string,
    path: string,
    query: string,
    identity: Identity,
  ): Promise<Reply> {
    const { routes, checkNames, throttle, checkEntitlement } = this.deps;
    if (method === "GET" && /^\/api\/v1\/namespaces\/?$/.test(path)) {
      return routes.namespaces(identity);
    }
    const parts = splitPath(path);
    if (parts === undefined) throw new PlatformError("ROUTE_UNKNOWN");
    const route = routes.entity(method, parts.collection, parts.rest);
    if (route === undefined) throw new PlatformError("ROUTE_UNKNOWN");
    checkNames([parts.namespace, ...route.names(parts.rest)]);
    if (method === "POST") throttle(identity, route.collection);
    const namespace = parts.namespace === "_" ? identity.namespace.name : parts.namespace;
    checkEntitlement(identity, method, route.collection, namespace, parts.rest);
    const handler: Handler = route.handler;
    return handler({
      transid,
      method,
      query,
      headers: request.headers,
      namespace,
      rest: parts.rest,
      identity,
      body: () => readWhole(request, this.options.bodyBytesMax),
    });
  }

  private fail(response: ServerResponse, transid: TransactionId, cause: unknown): void {
    const error = asPlatformError(cause);
    this.report(transid, error);
    if (response.headersSent || response.destroyed) return;
    sendError(response, transid.id, error);
  }

  /** The one place where an error of the API is logged. */
  private report(transid: TransactionId, error: PlatformError): void {
    if (error.status < 500 || error.code === "OVERLOADED") return;
    this.deps.log("error", error.message, { transid: transid.id, err: error.cause ?? error });
  }
}
