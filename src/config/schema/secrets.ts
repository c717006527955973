/** What is never shown: keys of parameters, identities. */
import type { Setting } from "../setting.ts";

export const SECRETS = [
  {
    key: "parameter_storage.current",
    type: "enum",
    values: ["off", "noop", "aes-128", "aes-256"],
    default: { value: "off" },
    doc:
      "How parameters of actions and packages are encrypted when they are written; `noop` is " +
      "another word for `off`. What is stored already changes with its next update. See " +
      "docs/encryption.md.",
    reason: "The original's; a key that is lost takes the parameters with it.",
  },
  {
    key: "parameter_storage.aes_128",
    type: "keys",
    keyBytes: 16,
    secret: true,
    flag: null,
    default: { value: [] },
    doc:
      "Keys of `aes-128`: the first one encrypts, all of them decrypt. Keep the old ones until " +
      "nothing is encrypted with them any more.",
    reason: "A key must be your own.",
  },
  {
    key: "parameter_storage.aes_256",
    type: "keys",
    keyBytes: 32,
    secret: true,
    flag: null,
    default: { value: [] },
    doc:
      "Keys of `aes-256`: the first one encrypts, all of them decrypt. Keep the old ones until " +
      "nothing is encrypted with them any more.",
    reason: "A key must be your own.",
  },
  {
    key: "users",
    type: "users",
    secret: true,
    flag: null,
    default: { value: [] },
    doc:
      "Identities added to `guest` and `whisk.system`; one of those two names replaces its public " +
      "key. The environment variable holds the list as JSON. See below for the shape.",
    reason: "The two stock identities are enough for one user on a laptop.",
  },
] as const satisfies readonly Setting[];
