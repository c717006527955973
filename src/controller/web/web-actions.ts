/**
 * Web actions: from a URL that anyone may call to an invocation in the name of the namespace's
 * owner, and from its result to an HTTP answer, in the original's order (…composition.md 1.2).
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Identity } from "../../core/documents.ts";
import { asPlatformError, PlatformError } from "../../core/errors.ts";
import type { Invocable } from "../../core/executable-action.ts";
import type { TransactionId } from "../../core/messages.ts";
import type { InvokeDeps } from "../api/invoke.ts";
import type { Authenticator } from "../auth.ts";
import type { NamespaceIdentities } from "../namespace-identities.ts";
import { readWhole } from "../request.ts";
import type { InvokeOutcome } from "../service/invocation.ts";
import { isAllowed, type WebAnnotations, webAnnotations } from "./annotations.ts";
import { decodeBody, entityType } from "./body.ts";
import { webArguments } from "./context.ts";
import { WebLookup } from "./lookup.ts";
import { contentTypeText } from "./media-type.ts";
import {
  corsHeaders,
  type Exchange,
  sendAnswer,
  sendError,
  sendFailure,
  sendRejection,
  WEB_METHODS,
} from "./reply.ts";
import { webAnswer } from "./result.ts";
import { StreamAnswer } from "./stream.ts";
import { type WebTarget, WebTargets } from "./url.ts";

export type WebDeps = {
  readonly auth: Pick<Authenticator, "peek" | "identify">;
  readonly owners: Pick<NamespaceIdentities, "find">;
  readonly invoke: InvokeDeps;
  /** Throws THROTTLED; counts against the owner. */
  readonly throttle: (identity: Identity, collection: "actions") => void;
  /** Longest wait for a result, ms. */
  readonly waitMsMax: number;
  /** Longest stream, bytes. */
  readonly streamBytesMax: number;
  readonly log: (level: "error", message: string, fields?: object) => void;
};

type Call = {
  readonly exchange: Exchange;
  readonly transid: TransactionId;
  readonly target: WebTarget;
};

export class WebActions {
  private readonly deps: WebDeps;
  private readonly lookup: WebLookup;
  private readonly targets = new WebTargets();

  constructor(deps: WebDeps) {
    this.deps = deps;
    this.lookup = new WebLookup(deps.auth, deps.owners, deps.invoke.entities);
  }

  /** Answers, unless `url` (which begins with `WEB_PREFIX`) names no web action: then false. */
  serve(
    request: IncomingMessage,
    response: ServerResponse,
    transid: TransactionId,
    url: string,
  ): boolean {
    const target = this.targets.read(url);
    if (target === "unmatched") return false;
    const exchange: Exchange = {
      request,
      response,
      transid: transid.id,
      cors: [],
      activationId: undefined,
    };
    const problem = requestProblem(request.method, target);
    if (problem !== undefined || typeof target === "string") {
      request.resume();
      sendRejection(exchange, problem?.status ?? 400, problem?.message ?? "", ALLOW);
      return true;
    }
    this.run({ exchange, transid, target }).catch((cause: unknown) => {
      request.resume();
      this.fail(exchange, cause);
    });
    return true;
  }

  private async run(call: Call): Promise<void> {
    const { request } = call.exchange;
    const caller = await this.lookup.caller(request.headers.authorization);
    const { owner, action } = await this.lookup.exported(call.target);
    this.deps.throttle(owner, "actions");
    const body = await readWhole(request, this.deps.invoke.payloadBytesMax(owner));
    const annotations = webAnnotations(action.annotations);
    if (!annotations.hasCustomOptions) call.exchange.cors = corsHeaders(request);
    if (request.method === "OPTIONS" && !annotations.hasCustomOptions) {
      const empty = { status: 200, headers: [], contentType: undefined, body: "" };
      sendAnswer(call.exchange, { type: "content", ...empty });
      return;
    }
    requireAllowed(request, annotations, caller);
    const content = argumentsOf(call, action, annotations, caller, body);
    this.invoke(call, owner, action, content);
  }

  private invoke(call: Call, owner: Identity, action: Invocable, content: string): void {
    const { invoke, waitMsMax, streamBytesMax } = this.deps;
    invoke.checkInvocable(action);
    invoke.admit(owner);
    const { transid, exchange, target } = call;
    const stream = webAnnotations(action.annotations).isStream
      ? new StreamAnswer(exchange, target.extension, streamBytesMax, (cause) =>
          this.fail(exchange, cause),
        )
      : undefined;
    const request = { transid, identity: owner, action, content, blocking: true, reader: stream };
    invoke.service.invoke({ ...request, waitMs: waitMsMax }, (outcome) => {
      try {
        const isGood = outcome.type === "finished" && outcome.activation.statusCode === 0;
        if (stream?.end(isGood) !== true) this.answer(exchange, target, outcome);
      } catch (cause) {
        this.fail(exchange, cause);
      }
    });
  }

  private answer(exchange: Exchange, target: WebTarget, outcome: InvokeOutcome): void {
    if (outcome.type === "failed") {
      this.fail(exchange, outcome.error);
    } else if (outcome.type === "accepted") {
      exchange.activationId = outcome.activationId;
      sendFailure(exchange, 202, "Response not yet ready.");
    } else {
      exchange.activationId = outcome.activation.activationId;
      sendAnswer(exchange, webAnswer(target.extension, outcome.activation));
    }
  }

  private fail(exchange: Exchange, cause: unknown): void {
    const error = asPlatformError(cause);
    if (error.status >= 500 && error.code !== "OVERLOADED") {
      const fields = { transid: exchange.transid, err: error.cause ?? error };
      this.deps.log("error", error.message, fields);
    }
    sendError(exchange, error);
  }
}

const ALLOW = ["Allow", WEB_METHODS.join(", ")];

function requestProblem(method = "", target: WebTarget | string): PlatformError | undefined {
  if (!WEB_METHODS.includes(method)) {
    const text = `HTTP method not allowed, supported methods: ${WEB_METHODS.join(", ")}`;
    return new PlatformError("METHOD_UNKNOWN", text);
  }
  return typeof target === "string" ? new PlatformError("VALIDATION") : undefined;
}

/** Throws UNAUTHORIZED. An action that answers OPTIONS itself does so for everyone. */
function requireAllowed(
  request: IncomingMessage,
  { requireAuth, hasCustomOptions }: WebAnnotations,
  caller: Identity | undefined,
): void {
  if (hasCustomOptions && request.method === "OPTIONS") return;
  const header = request.headers["x-require-whisk-auth"];
  const secret = Array.isArray(header) ? header[0] : header;
  if (!isAllowed(requireAuth, secret, caller !== undefined)) {
    throw new PlatformError("UNAUTHORIZED");
  }
}

function argumentsOf(
  { exchange: { request }, target }: Call,
  action: Invocable,
  { isRaw }: WebAnnotations,
  caller: Identity | undefined,
  bytes: Buffer,
): string {
  const { headers, method = "GET", rawHeaders } = request;
  const hasBody = bytes.length > 0 || headers["transfer-encoding"] !== undefined;
  const type = entityType(headers["content-type"], hasBody);
  const body = decodeBody(type, bytes, isRaw);
  return webArguments(
    action,
    {
      method,
      rawHeaders,
      contentType: type === undefined ? undefined : contentTypeText(type),
      path: target.path,
      query: target.query,
      user: caller?.namespace.name,
      body,
    },
    isRaw,
  );
}
