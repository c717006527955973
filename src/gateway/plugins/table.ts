/** Every plugin of the gateway; the order is of no account. */
import type { AnyPlugin } from "../plugin.ts";
import { apiBreaker } from "./api-breaker.ts";
import { basicAuth } from "./basic-auth.ts";
import { clientControl } from "./client-control.ts";
import { consumerRestriction } from "./consumer-restriction.ts";
import { cors } from "./cors.ts";
import { csrf } from "./csrf.ts";
import { echo } from "./echo.ts";
import { faultInjection } from "./fault-injection.ts";
import { forwardAuth } from "./forward-auth.ts";
import { hmacAuth } from "./hmac-auth.ts";
import { ipRestriction } from "./ip-restriction.ts";
import { jwtAuth } from "./jwt-auth.ts";
import { keyAuth } from "./key-auth.ts";
import { limitConn } from "./limit-conn.ts";
import { limitCount } from "./limit-count.ts";
import { limitReq } from "./limit-req.ts";
import { mocking } from "./mocking.ts";
import { openidConnect } from "./openid-connect.ts";
import { proxyCache } from "./proxy-cache.ts";
import { proxyMirror } from "./proxy-mirror.ts";
import { proxyRewrite } from "./proxy-rewrite.ts";
import { redirect } from "./redirect.ts";
import { refererRestriction } from "./referer-restriction.ts";
import { requestId } from "./request-id.ts";
import { responseRewrite } from "./response-rewrite.ts";
import { trafficSplit } from "./traffic-split.ts";
import { uaRestriction } from "./ua-restriction.ts";

export const PLUGINS: readonly AnyPlugin[] = [
  apiBreaker,
  basicAuth,
  clientControl,
  consumerRestriction,
  cors,
  csrf,
  echo,
  faultInjection,
  forwardAuth,
  hmacAuth,
  ipRestriction,
  jwtAuth,
  keyAuth,
  limitConn,
  limitCount,
  limitReq,
  mocking,
  openidConnect,
  proxyCache,
  proxyMirror,
  proxyRewrite,
  redirect,
  refererRestriction,
  requestId,
  responseRewrite,
  trafficSplit,
  uaRestriction,
];
