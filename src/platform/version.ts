/** What this program calls itself; read from package.json, which stands beside dist/ and src/. */
import { readFileSync } from "node:fs";

const manifest = new URL("../../package.json", import.meta.url);
const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly version: string };

export const VERSION = version;
/** Shown by `wsk property get` as "whisk API build" and "whisk API build number". */
export const BUILD = { date: `meringue ${version}`, number: version } as const;
