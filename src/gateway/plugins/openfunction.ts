/** `openfunction`: forwards to a function of OpenFunction, with Basic authentication. */
import { basicAuthorization } from "./lib/function-call.ts";
import { genericUpstream } from "./lib/generic-upstream.ts";

export const openfunction = genericUpstream<{ readonly service_token?: unknown }>({
  name: "openfunction",
  priority: -1902,
  // As the original writes it: a map of members, which as a schema demands nothing.
  authorization: { service_token: { type: "string" } },
  encryptFields: ["authorization.service_token"],
  authorize: ({ authorization }, { headers }) => {
    const token = authorization?.service_token;
    if (typeof token === "string") headers.set("Authorization", basicAuthorization(token));
    return undefined;
  },
});
