/** Fetches values from the secret managers that are configured under /secrets (apisix/secret/*). */
import type { JsonObject } from "../core/documents.ts";
import { withDefaults } from "./conf-defaults.ts";
import { SECRET_MANAGERS } from "./schema/secret.ts";
import { aws } from "./secret-managers/aws.ts";
import { gcp } from "./secret-managers/gcp.ts";
import type { FetchSecret, ManagerServices } from "./secret-managers/manager.ts";
import { vault } from "./secret-managers/vault.ts";
import type { SecretManager } from "./secrets.ts";

export type SecretManagersOptions = ManagerServices & {
  /** Configuration of a manager by its id: "vault/1". */
  readonly confOf: (id: string) => JsonObject | undefined;
};

/** Rejects for managers that there are not. */
export function createSecretManager(options: SecretManagersOptions): SecretManager {
  const managers = new Map<string, FetchSecret>([
    ["vault", vault(options)],
    ["aws", aws(options)],
    ["gcp", gcp(options)],
  ]);
  return async (manager, id, key) => {
    const conf = options.confOf(`${manager}/${id}`);
    if (conf === undefined) return undefined;
    const fetch = managers.get(manager);
    const schema = SECRET_MANAGERS[manager];
    if (fetch === undefined || schema === undefined) {
      throw new Error(`no secret manager: ${manager}`);
    }
    return fetch(withDefaults(schema, conf), key);
  };
}
