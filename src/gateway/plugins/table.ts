/** Every plugin of the gateway; the order is of no account. */
import type { AnyPlugin } from "../plugin.ts";
import { basicAuth } from "./basic-auth.ts";
import { consumerRestriction } from "./consumer-restriction.ts";
import { cors } from "./cors.ts";
import { csrf } from "./csrf.ts";
import { echo } from "./echo.ts";
import { forwardAuth } from "./forward-auth.ts";
import { hmacAuth } from "./hmac-auth.ts";
import { ipRestriction } from "./ip-restriction.ts";
import { jwtAuth } from "./jwt-auth.ts";
import { keyAuth } from "./key-auth.ts";
import { openidConnect } from "./openid-connect.ts";
import { refererRestriction } from "./referer-restriction.ts";
import { requestId } from "./request-id.ts";
import { uaRestriction } from "./ua-restriction.ts";

export const PLUGINS: readonly AnyPlugin[] = [
  basicAuth,
  consumerRestriction,
  cors,
  csrf,
  echo,
  forwardAuth,
  hmacAuth,
  ipRestriction,
  jwtAuth,
  keyAuth,
  openidConnect,
  refererRestriction,
  requestId,
  uaRestriction,
];
