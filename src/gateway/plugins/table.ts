/** Every plugin of the gateway; the order is of no account. */
import type { AnyPlugin } from "../plugin.ts";
import { awsLambda } from "./aws-lambda.ts";
import { azureFunctions } from "./azure-functions.ts";
import { basicAuth } from "./basic-auth.ts";
import { brotli } from "./brotli.ts";
import { consumerRestriction } from "./consumer-restriction.ts";
import { cors } from "./cors.ts";
import { csrf } from "./csrf.ts";
import { echo } from "./echo.ts";
import { fileLogger } from "./file-logger.ts";
import { forwardAuth } from "./forward-auth.ts";
import { gzip } from "./gzip.ts";
import { hmacAuth } from "./hmac-auth.ts";
import { httpLogger } from "./http-logger.ts";
import { ipRestriction } from "./ip-restriction.ts";
import { jwtAuth } from "./jwt-auth.ts";
import { keyAuth } from "./key-auth.ts";
import { openfunction } from "./openfunction.ts";
import { openidConnect } from "./openid-connect.ts";
import { opentelemetry } from "./opentelemetry.ts";
import { openwhisk } from "./openwhisk.ts";
import { prometheus } from "./prometheus.ts";
import { publicApi } from "./public-api.ts";
import { realIp } from "./real-ip.ts";
import { refererRestriction } from "./referer-restriction.ts";
import { requestId } from "./request-id.ts";
import { requestValidation } from "./request-validation.ts";
import { serverlessPostFunction } from "./serverless-post-function.ts";
import { serverlessPreFunction } from "./serverless-pre-function.ts";
import { uaRestriction } from "./ua-restriction.ts";
import { zipkin } from "./zipkin.ts";

export const PLUGINS: readonly AnyPlugin[] = [
  awsLambda,
  azureFunctions,
  basicAuth,
  brotli,
  consumerRestriction,
  cors,
  csrf,
  echo,
  fileLogger,
  forwardAuth,
  gzip,
  hmacAuth,
  httpLogger,
  ipRestriction,
  jwtAuth,
  keyAuth,
  openfunction,
  openidConnect,
  opentelemetry,
  openwhisk,
  prometheus,
  publicApi,
  realIp,
  refererRestriction,
  requestId,
  requestValidation,
  serverlessPostFunction,
  serverlessPreFunction,
  uaRestriction,
  zipkin,
];
