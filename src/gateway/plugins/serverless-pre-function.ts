/** `serverless-pre-function`: functions that run before the other plugins of their phase. */
import { serverlessFunction } from "./lib/serverless-function.ts";

export const serverlessPreFunction = serverlessFunction("serverless-pre-function", 10_000);
