/** What the gateway's thread and the thread of the sandboxes say to each other. */
import type { Json } from "../../core/documents.ts";

export type ScriptLimits = {
  /** Bytes that the functions of one configuration may hold, and the engine that runs them. */
  readonly memoryBytes: number;
  /** CPU time of one call, ms: asked for now and then while JavaScript runs. */
  readonly cpuMs: number;
  /** After this time, ms, the thread is ended, whatever it does. */
  readonly wallMs: number;
  readonly stackBytes: number;
};

export const SCRIPT_LIMITS: ScriptLimits = {
  memoryBytes: 24 * 1024 * 1024,
  cpuMs: 100,
  wallMs: 500,
  stackBytes: 256 * 1024,
};

/** A piece of a body. */
export type Piece = { readonly text: string; readonly isLast: boolean };

/** `id` names a sandbox, `at` a function in it by its number. */
export type ToSandbox =
  | {
      readonly type: "load";
      readonly id: number;
      readonly sources: readonly string[];
      /** What functions get as `conf`. */
      readonly conf: Json;
      readonly limits: ScriptLimits;
    }
  | { readonly type: "call"; readonly id: number; readonly at: number; readonly piece?: Piece }
  | { readonly type: "test"; readonly id: number; readonly at: number }
  | { readonly type: "answer"; readonly text?: string | undefined; readonly error?: string }
  /** Is not answered. */
  | { readonly type: "drop"; readonly id: number };

export type FromSandbox =
  | { readonly type: "ready" }
  /** JSON of what a function wants, "true" or "false" of a condition. */
  | { readonly type: "done"; readonly text?: string | undefined }
  | { readonly type: "failed"; readonly isSource: boolean; readonly message: string }
  /** The function asks for something of the request. */
  | {
      readonly type: "ask";
      readonly operation: string;
      readonly name: string;
      readonly value: string;
    };

/** Of the shared counters: messages that were sent to each side. */
export const TO_GATEWAY = 0;
export const TO_SANDBOX = 1;
