/** Every plugin of the gateway; the order is of no account. */
import type { AnyPlugin } from "../plugin.ts";
import { apiBreaker } from "./api-breaker.ts";
import { clientControl } from "./client-control.ts";
import { echo } from "./echo.ts";
import { faultInjection } from "./fault-injection.ts";
import { limitConn } from "./limit-conn.ts";
import { limitCount } from "./limit-count.ts";
import { limitReq } from "./limit-req.ts";
import { mocking } from "./mocking.ts";
import { proxyCache } from "./proxy-cache.ts";
import { proxyMirror } from "./proxy-mirror.ts";
import { proxyRewrite } from "./proxy-rewrite.ts";
import { redirect } from "./redirect.ts";
import { requestId } from "./request-id.ts";
import { responseRewrite } from "./response-rewrite.ts";
import { trafficSplit } from "./traffic-split.ts";

export const PLUGINS: readonly AnyPlugin[] = [
  apiBreaker,
  clientControl,
  echo,
  faultInjection,
  limitConn,
  limitCount,
  limitReq,
  mocking,
  proxyCache,
  proxyMirror,
  proxyRewrite,
  redirect,
  requestId,
  responseRewrite,
  trafficSplit,
];
