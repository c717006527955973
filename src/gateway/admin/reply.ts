/** Answers of the Admin API. */
import type { Json } from "../../core/documents.ts";
import { errorPage } from "../error-page.ts";

export type AdminReply = {
  readonly status: number;
  /** A string goes out as it is, anything else as JSON with a line feed; none: an empty body. */
  readonly body?: Json;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Thrown to end a request with this answer. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly reply: AdminReply;

  constructor(reply: AdminReply) {
    super(`refused with ${reply.status}`);
    this.reply = reply;
  }
}

/** `{"error_msg": text}` */
export function refusal(status: number, text: string): Refusal {
  return new Refusal({ status, body: { error_msg: text } });
}

export const NOT_FOUND: AdminReply = { status: 404, body: { message: "Key not found" } };

/** An error page as the original's server makes it. */
export function htmlPage(status: number): AdminReply {
  return { status, body: errorPage(status), headers: { "Content-Type": "text/html" } };
}
