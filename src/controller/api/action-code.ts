/** Code of actions on its way between requests and the attachment store. */
import { storedExec } from "../../core/action.ts";
import { type CodeExec, type Exec, isSequence } from "../../core/documents.ts";
import { PlatformError } from "../../core/errors.ts";
import { type CodeRequest, decodeCode, deprecatedKind, encodeCode } from "../../core/exec.ts";
import type { AttachmentStore } from "../../store/store.ts";

/** Refuses a deprecated kind, then stores the code. */
export async function storeCode(
  attachments: AttachmentStore,
  exec: CodeRequest,
): Promise<CodeExec> {
  if (exec.resolved.deprecated) throw deprecatedKind(exec.resolved.kind);
  const { bytes, type } = encodeCode(exec.code, exec.binary);
  return storedExec(exec, await attachments.put(bytes, type));
}

/** Undefined for a sequence. */
export async function readCode(
  attachments: AttachmentStore,
  exec: Exec,
): Promise<string | undefined> {
  if (isSequence(exec)) return undefined;
  return decodeCode(await attachments.get(exec.code), exec.binary);
}

/** Lost code does not keep an action from being changed or deleted. */
export async function readCodeIfThere(
  attachments: AttachmentStore,
  exec: Exec,
): Promise<string | undefined> {
  try {
    return await readCode(attachments, exec);
  } catch (error) {
    if (error instanceof PlatformError && error.code === "CORRUPTED") return undefined;
    throw error;
  }
}
