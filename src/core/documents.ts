/**
 * Entity documents as they are stored: OpenWhisk's JSON shape (openwhisk-execution.md c.4), so that
 * a CouchDB driver can use an existing database as it is. Wire fields keep their wire names.
 */
export type JsonObject = { [key: string]: Json };
export type Json = null | boolean | number | string | Json[] | JsonObject;

export type Parameter = {
  readonly key: string;
  readonly value: Json;
  readonly init?: boolean;
  readonly encryption?: string;
};

export type Limits = {
  /** milliseconds */
  readonly timeout: number;
  /** MB */
  readonly memory: number;
  /** MB */
  readonly logs: number;
  /** activations admitted at once into one container */
  readonly concurrency: number;
  readonly instances?: number;
};

/** Where the code of an action lies (content-addressed; `digest` is "sha256-<hex>"). */
export type AttachmentRef = {
  readonly attachmentName: string;
  /** "application/octet-stream" when the code was base64, else "text/plain; charset=UTF-8" */
  readonly attachmentType: string;
  /** bytes as stored (base64 already decoded) */
  readonly length: number;
  readonly digest: string;
};

export type CodeExec = {
  /** concrete kind, e.g. "nodejs:20" */
  readonly kind: string;
  readonly code: AttachmentRef;
  readonly binary: boolean;
  readonly main?: string;
};

export type SequenceExec = {
  readonly kind: "sequence";
  /** "/guest/hello" or "/guest/pkg/hello" */
  readonly components: readonly string[];
};

export type Exec = CodeExec | SequenceExec;

export function isSequence(exec: Exec): exec is SequenceExec {
  return exec.kind === "sequence";
}

export type ActionDocument = {
  readonly entityType: "action";
  /** "guest" or "guest/pkg" */
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly publish: boolean;
  /** ms epoch */
  readonly updated: number;
  readonly exec: Exec;
  readonly parameters: readonly Parameter[];
  readonly annotations: readonly Parameter[];
  readonly limits: Limits;
};

/** A reference to another entity: path "guest" or "guest/pkg". */
export type EntityRef = { readonly path: string; readonly name: string };

export type RuleStatus = "active" | "inactive";

export type TriggerDocument = {
  readonly entityType: "trigger";
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly publish: boolean;
  readonly updated: number;
  readonly parameters: readonly Parameter[];
  readonly annotations: readonly Parameter[];
  readonly limits: { readonly [key: string]: never };
  /** Rules that fire from it, by "namespace/rule"; the state of a rule lives here. */
  readonly rules?: {
    readonly [rule: string]: { readonly action: EntityRef; readonly status: RuleStatus };
  };
};

export type RuleDocument = {
  readonly entityType: "rule";
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly publish: boolean;
  readonly updated: number;
  readonly annotations: readonly Parameter[];
  readonly trigger: EntityRef;
  readonly action: EntityRef;
};

export type PackageBinding = { readonly namespace: string; readonly name: string };

export type PackageDocument = {
  readonly entityType: "package";
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly publish: boolean;
  readonly updated: number;
  readonly parameters: readonly Parameter[];
  readonly annotations: readonly Parameter[];
  /** The provider; an empty object for a package of its own. */
  readonly binding: PackageBinding | { readonly [key: string]: never };
};

/** Every entity that shares the one keyspace. */
export type EntityDocument = ActionDocument | TriggerDocument | RuleDocument | PackageDocument;
export type EntityType = EntityDocument["entityType"];
export type DocumentOf<T extends EntityType> = Extract<EntityDocument, { readonly entityType: T }>;

/** Subject document of the identity store (openwhisk-api.md 3.5). */
export type SubjectDocument = {
  readonly subject: string;
  readonly blocked?: boolean;
  readonly namespaces: readonly {
    readonly name: string;
    readonly uuid: string;
    readonly key: string;
  }[];
};

/** Namespace limits document (openwhisk-api.md 3.6); absent member = system default. */
export type NamespaceLimits = {
  readonly invocationsPerMinute?: number;
  readonly concurrentInvocations?: number;
  readonly firesPerMinute?: number;
  readonly allowedKinds?: readonly string[];
  readonly storeActivations?: boolean;
  readonly minActionMemory?: number;
  readonly maxActionMemory?: number;
  readonly minActionLogs?: number;
  readonly maxActionLogs?: number;
  readonly minActionTimeout?: number;
  readonly maxActionTimeout?: number;
  readonly minActionConcurrency?: number;
  readonly maxActionConcurrency?: number;
  readonly maxParameterSize?: string;
  readonly maxPayloadSize?: string;
  readonly truncationSize?: string;
  readonly maxActionInstances?: number;
};

/** Who calls: one (subject, namespace) pair with its key and limits (openwhisk-api.md 3.1). */
export type Identity = {
  readonly subject: string;
  readonly namespace: { readonly name: string; readonly uuid: string };
  /** "uuid:key"; secret, never logged */
  readonly authkey: string;
  readonly limits: NamespaceLimits;
};

/** statusCode of an activation (openwhisk-execution.md a.1). */
export type StatusCode = 0 | 1 | 2 | 3;
export const STATUS_TEXT = [
  "success",
  "application error",
  "action developer error",
  "whisk internal error",
] as const;

/** Activation document as stored: CouchDB shape, `response` with the numeric statusCode. */
export type ActivationDocument = {
  readonly namespace: string;
  readonly name: string;
  readonly subject: string;
  readonly activationId: string;
  readonly start: number;
  readonly end: number;
  readonly duration?: number;
  readonly cause?: string;
  readonly version: string;
  readonly publish: boolean;
  readonly response: {
    readonly statusCode: StatusCode;
    readonly result?: Json;
    readonly size?: number;
  };
  readonly logs: readonly string[];
  readonly annotations: readonly Parameter[];
};
