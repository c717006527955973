/** `serverless-post-function`: functions that run after the other plugins of their phase. */
import { serverlessFunction } from "./lib/serverless-function.ts";

export const serverlessPostFunction = serverlessFunction("serverless-post-function", -2000);
