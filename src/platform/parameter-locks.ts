/** The keys of the configuration as encryption at rest takes them. */
import type { Config } from "../config/config.ts";
import type { ParameterLocks } from "../core/parameter-lock.ts";

export function parameterLocks(config: Config): Omit<ParameterLocks, "randomBytes"> {
  const { current, aes128, aes256 } = config.parameterStorage;
  const bytes = (keys: readonly string[]): Uint8Array[] =>
    keys.map((key) => Buffer.from(key, "base64"));
  return {
    current: current === "off" || current === "noop" ? undefined : current,
    keys: { "aes-128": bytes(aes128), "aes-256": bytes(aes256) },
  };
}
