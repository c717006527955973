/** The answer to every request while the server starts or stops. */
import type { RequestListener } from "node:http";
import { PlatformError } from "../core/errors.ts";
import { sendError } from "./reply.ts";
import { transactionId } from "./request.ts";

/** 503 in the form of every error; clients reconnect, to another server perhaps. */
export const unavailable: RequestListener = (request, response) => {
  request.resume();
  response.setHeader("Connection", "close");
  sendError(response, transactionId(request).id, new PlatformError("OVERLOADED"));
};
