/**
 * The catalogue of things that go wrong for a caller or an operator (style: one table, one class).
 * Outcomes of user code are values (`ActivationResponse`), never errors.
 *
 * `layer` says who answers in the original: a "rejection" comes from its HTTP framework and carries
 * no CORS headers; a "handler" error does (openwhisk-api.md 1.2, 1.5).
 */
type Row = {
  readonly status: number;
  readonly layer: "rejection" | "handler";
  /** Default text; a caller may give a more exact one. */
  readonly text: string;
};

export const ERRORS = {
  AUTH_MISSING: {
    status: 401,
    layer: "rejection",
    text: "The resource requires authentication, which was not supplied with the request",
  },
  AUTH_INVALID: {
    status: 401,
    layer: "rejection",
    text: "The supplied authentication is invalid",
  },
  /** A secured web action; no challenge goes with it. */
  UNAUTHORIZED: {
    status: 401,
    layer: "handler",
    text: "Authentication is possible but has failed or not yet been provided.",
  },
  /** Authenticated, but no such path or method below /api/v1. */
  ROUTE_UNKNOWN: {
    status: 404,
    layer: "rejection",
    text: "The requested resource could not be found.",
  },
  METHOD_UNKNOWN: {
    status: 405,
    layer: "rejection",
    text: "HTTP method not allowed, supported methods: OPTIONS",
  },
  /** Give `text` as "NAME' …": see `badQuery`. */
  QUERY_MALFORMED: { status: 400, layer: "rejection", text: "The query parameter was malformed" },
  /** Give the detail: see `badContent`. */
  CONTENT_MALFORMED: {
    status: 400,
    layer: "rejection",
    text: "The request content was malformed:",
  },
  /** Names, ids and limits that break their grammar or bounds; always with its own text. */
  VALIDATION: {
    status: 400,
    layer: "rejection",
    text: "The request contains bad syntax or cannot be fulfilled.",
  },
  CONTENT_TYPE: {
    status: 415,
    layer: "rejection",
    text: "The request's Content-Type is not supported. Expected:\napplication/json",
  },
  URI_TOO_LONG: {
    status: 414,
    layer: "rejection",
    text: "The URI is longer than the server is willing to interpret.",
  },
  BAD_REQUEST: {
    status: 400,
    layer: "handler",
    text: "The request contains bad syntax or cannot be fulfilled.",
  },
  FORBIDDEN: {
    status: 403,
    layer: "handler",
    text: "The supplied authentication is not authorized to access this resource.",
  },
  NOT_FOUND: {
    status: 404,
    layer: "handler",
    text: "The requested resource does not exist.",
  },
  CONFLICT: {
    status: 409,
    layer: "handler",
    text: "Concurrent modification to resource detected.",
  },
  ALREADY_EXISTS: { status: 409, layer: "handler", text: "resource already exists" },
  WRONG_COLLECTION: {
    status: 409,
    layer: "handler",
    text: "Resource by this name exists but is not in this collection.",
  },
  /** A package binding that leads to itself; always with its own text. */
  CIRCULAR: {
    status: 422,
    layer: "handler",
    text: "Package binding contains a circular reference.",
  },
  TOO_LARGE: {
    status: 413,
    layer: "handler",
    text: "The request content is larger than the server is willing or able to process.",
  },
  THROTTLED: { status: 429, layer: "handler", text: "Too many requests" },
  /** Honest refusal of a feature that a later version brings. */
  UNSUPPORTED: {
    status: 400,
    layer: "handler",
    text: "This feature is not available in this version.",
  },
  CORRUPTED: {
    status: 500,
    layer: "handler",
    text: "Resource is corrupted and cannot be read.",
  },
  INTERNAL: { status: 500, layer: "handler", text: "There was an internal server error." },
  /** The store refuses writes: disk full, file damaged. */
  STORE_UNAVAILABLE: {
    status: 503,
    layer: "handler",
    text: "The server is currently unavailable (because it is overloaded or down for maintenance).",
  },
  OVERLOADED: {
    status: 503,
    layer: "handler",
    text: "The server is currently unavailable (because it is overloaded or down for maintenance).",
  },
} as const satisfies Record<string, Row>;

export type ErrorCode = keyof typeof ERRORS;

export class PlatformError extends Error {
  readonly code: ErrorCode;
  /** Logged, never sent. */
  readonly details: unknown;

  /** `text` replaces the catalogue's public text; `cause` and `details` go to the log only. */
  constructor(
    code: ErrorCode,
    text?: string,
    options?: { readonly cause?: unknown; readonly details?: unknown },
  ) {
    super(text ?? ERRORS[code].text, options?.cause === undefined ? {} : { cause: options.cause });
    this.name = "PlatformError";
    this.code = code;
    this.details = options?.details;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  get layer(): "rejection" | "handler" {
    return ERRORS[this.code].layer;
  }
}

/** 400 `The query parameter 'NAME' was malformed:\nDETAIL` (openwhisk-api.md 1.5). */
export function badQuery(name: string, detail: string): PlatformError {
  return new PlatformError(
    "QUERY_MALFORMED",
    `The query parameter '${name}' was malformed:\n${detail}`,
  );
}

/** 400 `The request content was malformed:\nDETAIL` (openwhisk-api.md 1.5). */
export function badContent(detail: string): PlatformError {
  return new PlatformError("CONTENT_MALFORMED", `The request content was malformed:\n${detail}`);
}

/** Whatever was thrown, as an error with a status; faults of ours become INTERNAL. */
export function asPlatformError(cause: unknown): PlatformError {
  return cause instanceof PlatformError
    ? cause
    : new PlatformError("INTERNAL", undefined, { cause });
}
