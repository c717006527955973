/** `azure-functions`: forwards to a function of Azure, with a key of the route or the master key. */
import type { HeaderList } from "../header-list.ts";
import { genericUpstream } from "./lib/generic-upstream.ts";

export type AzureAuthorization = { readonly apikey?: string; readonly clientid?: string };

const KEY = "x-functions-key";
const CLIENT = "x-functions-clientid";

export const azureFunctions = genericUpstream<AzureAuthorization>({
  name: "azure-functions",
  priority: -1900,
  authorization: {
    type: "object",
    properties: { apikey: { type: "string" }, clientid: { type: "string" } },
  },
  metadataSchema: {
    type: "object",
    properties: {
      master_apikey: { type: "string", default: "" },
      master_clientid: { type: "string", default: "" },
    },
    encrypt_fields: ["master_apikey"],
  },
  encryptFields: ["authorization.apikey"],
  authorize: ({ authorization }, { headers }, services) => {
    // What the client has sent itself counts.
    if (headers.has(KEY) || headers.has(CLIENT)) return undefined;
    const master = authorization === undefined ? services.metadata("azure-functions") : undefined;
    set(headers, KEY, authorization?.apikey ?? master?.["master_apikey"]);
    set(headers, CLIENT, authorization?.clientid ?? master?.["master_clientid"]);
    return undefined;
  },
});

function set(headers: HeaderList, name: string, value: unknown): void {
  if (typeof value === "string") headers.set(name, value);
}
