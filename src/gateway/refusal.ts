/** What the gateway itself refuses, rather than a plugin. */
import { BodyTooLargeError } from "./read-body.ts";

export class Refusal extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`refused with ${status}`);
    this.status = status;
  }
}

/** Status of the answer to a request that failed with `error`. */
export function refusalStatus(error: unknown): number {
  if (error instanceof Refusal) return error.status;
  return error instanceof BodyTooLargeError ? 413 : 500;
}
