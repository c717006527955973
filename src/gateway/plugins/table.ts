/** Every plugin of the gateway; the order is of no account. */
import type { AnyPlugin } from "../plugin.ts";
import { apiBreaker } from "./api-breaker.ts";
import { awsLambda } from "./aws-lambda.ts";
import { azureFunctions } from "./azure-functions.ts";
import { basicAuth } from "./basic-auth.ts";
import { brotli } from "./brotli.ts";
import { clientControl } from "./client-control.ts";
import { consumerRestriction } from "./consumer-restriction.ts";
import { cors } from "./cors.ts";
import { csrf } from "./csrf.ts";
import { echo } from "./echo.ts";
import { faultInjection } from "./fault-injection.ts";
import { fileLogger } from "./file-logger.ts";
import { forwardAuth } from "./forward-auth.ts";
import { gzip } from "./gzip.ts";
import { hmacAuth } from "./hmac-auth.ts";
import { httpLogger } from "./http-logger.ts";
import { ipRestriction } from "./ip-restriction.ts";
import { jwtAuth } from "./jwt-auth.ts";
import { keyAuth } from "./key-auth.ts";
import { limitConn } from "./limit-conn.ts";
import { limitCount } from "./limit-count.ts";
import { limitReq } from "./limit-req.ts";
import { mocking } from "./mocking.ts";
import { openfunction } from "./openfunction.ts";
import { openidConnect } from "./openid-connect.ts";
import { opentelemetry } from "./opentelemetry.ts";
import { openwhisk } from "./openwhisk.ts";
import { prometheus } from "./prometheus.ts";
import { proxyCache } from "./proxy-cache.ts";
import { proxyMirror } from "./proxy-mirror.ts";
import { proxyRewrite } from "./proxy-rewrite.ts";
import { publicApi } from "./public-api.ts";
import { realIp } from "./real-ip.ts";
import { redirect } from "./redirect.ts";
import { refererRestriction } from "./referer-restriction.ts";
import { requestId } from "./request-id.ts";
import { requestValidation } from "./request-validation.ts";
import { responseRewrite } from "./response-rewrite.ts";
import { serverlessPostFunction } from "./serverless-post-function.ts";
import { serverlessPreFunction } from "./serverless-pre-function.ts";
import { trafficSplit } from "./traffic-split.ts";
import { uaRestriction } from "./ua-restriction.ts";
import { zipkin } from "./zipkin.ts";

export const PLUGINS: readonly AnyPlugin[] = [
  apiBreaker,
  awsLambda,
  azureFunctions,
  basicAuth,
  brotli,
  clientControl,
  consumerRestriction,
  cors,
  csrf,
  echo,
  faultInjection,
  fileLogger,
  forwardAuth,
  gzip,
  hmacAuth,
  httpLogger,
  ipRestriction,
  jwtAuth,
  keyAuth,
  limitConn,
  limitCount,
  limitReq,
  mocking,
  openfunction,
  openidConnect,
  opentelemetry,
  openwhisk,
  prometheus,
  proxyCache,
  proxyMirror,
  proxyRewrite,
  publicApi,
  realIp,
  redirect,
  refererRestriction,
  requestId,
  requestValidation,
  responseRewrite,
  serverlessPostFunction,
  serverlessPreFunction,
  trafficSplit,
  uaRestriction,
  zipkin,
];
