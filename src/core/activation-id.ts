/** Ids of activations: 32 lower-case hex digits (openwhisk-api.md 6.3). */
import { PlatformError } from "./errors.ts";

export const ACTIVATION_ID_LENGTH = 32;

/** Returns the id as it stands in a URL; throws `VALIDATION`. */
export function requireActivationId(text: string): string {
  if (text.length !== ACTIVATION_ID_LENGTH) {
    const lengths = `${text.length} but must be ${ACTIVATION_ID_LENGTH}`;
    throw new PlatformError("VALIDATION", `Activation id length is ${lengths}.`);
  }
  if (/^[0-9a-f]+$/.test(text)) return text;
  throw new PlatformError("VALIDATION", "The activation id is not valid.");
}
