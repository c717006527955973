/** Messages between the serving thread and the store's worker. Order is kept both ways. */
import type { ErrorCode } from "../../core/errors.ts";
import type { AcceptedInvocation, ActivationQuery, EntityQuery } from "../store.ts";
import type { BatchData } from "./batch.ts";
import type { LogLevel, WorkerSettings } from "./options.ts";

/** Replaces `revision` (undefined: nothing) by a document, or by nothing. */
export type EntityWrite = {
  readonly id: string;
  readonly revision: string | undefined;
  readonly row: EntityRow | undefined;
};
export type EntityRow = {
  readonly type: string;
  readonly updated: number;
  readonly digest: string | null;
  readonly document: string;
};
/** `released` is the digest of the code that the entity referred to before and no longer does. */
export type EntityWritten = {
  /** undefined: deleted */
  readonly revision: string | undefined;
  readonly released: string | undefined;
};

export type IdentityJson = {
  readonly subject: string;
  readonly namespace: string;
  readonly uuid: string;
  readonly key: string;
  /** JSON text of the limits document */
  readonly limits: string | undefined;
};

export type ConfigIndexes = { readonly createdIndex: number; readonly modifiedIndex: number };
/** `value`: JSON text; `expires`: ms epoch. */
export type ConfigRow = ConfigIndexes & {
  readonly key: string;
  readonly value: string;
  readonly expires: number | undefined;
};
export type ConfigWrite = Omit<ConfigRow, keyof ConfigIndexes> & {
  readonly ifModifiedIndex: number | undefined;
};

/** One change of the configuration; `CONFLICT` when another index is stored (0: there is none). */
export type ConfigChange =
  | { readonly change: "put"; readonly write: ConfigWrite }
  | {
      readonly change: "delete";
      readonly key: string;
      readonly ifModifiedIndex: number | undefined;
    };
/** Of a put; of a deletion its revision, undefined when there was nothing to delete. */
export type ConfigChanged = ConfigIndexes | number | undefined;
export type ConfigOutcome =
  | { readonly value: ConfigChanged; readonly error?: undefined }
  | { readonly error: ErrorData };

type Page = { readonly skip: number; readonly limit: number };

/** Name → argument and result of each call; documents travel as JSON text. */
export type Calls = {
  "entity.get": [string, { document: string; revision: string } | undefined];
  "entity.write": [readonly EntityWrite[], EntityWritten[]];
  "entity.list": [EntityQuery & Page, string[]];
  "entity.count": [EntityQuery, number];
  "entity.refers": [string, boolean];
  "entity.digests": [undefined, string[]];
  "subject.get": [string, string | undefined];
  "subject.put": [string, undefined];
  "subject.delete": [string, undefined];
  "subject.list": [undefined, string[]];
  "identity.byKey": [{ uuid: string; key: string }, IdentityJson | undefined];
  "identity.byNamespace": [string, IdentityJson[]];
  "limits.get": [string, string | undefined];
  "limits.put": [{ namespace: string; document: string | undefined }, undefined];
  "activation.get": [{ namespace: string; activationId: string }, string | undefined];
  "activation.list": [ActivationQuery & Page, string[]];
  "activation.count": [ActivationQuery, number];
  "accepted.has": [string, boolean];
  "accepted.unfinished": [undefined, AcceptedInvocation[]];
  "config.load": [undefined, ConfigRow[]];
  /** One outcome for each change, in their order; a refused one does not hinder the others. */
  "config.apply": [readonly ConfigChange[], readonly ConfigOutcome[]];
  "store.stop": [undefined, undefined];
};
export type CallName = keyof Calls;
export type CallArgument<Name extends CallName> = Calls[Name][0];
export type CallResult<Name extends CallName> = Calls[Name][1];

/** A change of the accept records; those of one batch are applied before its rows. */
export type AcceptedChange =
  | { readonly change: "put"; readonly invocation: AcceptedInvocation }
  | { readonly change: "start" | "remove"; readonly activationId: string };

export type ToWorker =
  | {
      readonly kind: "call";
      readonly id: number;
      readonly name: CallName;
      readonly argument: unknown;
    }
  | {
      readonly kind: "batch";
      readonly id: number;
      readonly rows: BatchData | undefined;
      readonly changes: readonly AcceptedChange[];
    }
  /** Answered with `changed` when every record before it is on disk, or cannot be. */
  | { readonly kind: "flush"; readonly id: number }
  /** Time to look at age and size; `now` in ms epoch. */
  | { readonly kind: "retain"; readonly now: number };

export type ErrorData = {
  readonly code: ErrorCode;
  readonly text: string | undefined;
  /** What the storage engine said; for the log. */
  readonly reason: string;
};

export type FromWorker =
  | { readonly kind: "ready" }
  /** The start failed; `line` is for the operator. */
  | { readonly kind: "failed"; readonly line: string }
  | { readonly kind: "result"; readonly id: number; readonly value: unknown }
  | { readonly kind: "error"; readonly id: number; readonly error: ErrorData }
  /** Outcome of the accept changes of a batch, or of a flush. */
  | { readonly kind: "changed"; readonly id: number; readonly error: ErrorData | undefined }
  /** Rows of a batch were written or dropped; the memory comes back for the next batch. */
  | {
      readonly kind: "released";
      readonly bytes: number;
      readonly dropped: number;
      readonly memory: ArrayBuffer;
    }
  | {
      readonly kind: "log";
      readonly level: LogLevel;
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>>;
    };

/** `workerData` of the store's worker. */
export type WorkerInput = { readonly settings: WorkerSettings };
