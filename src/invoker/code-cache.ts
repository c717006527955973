/** Code of actions in the form that /init wants, read once and kept while there is room. */
import { LRUCache } from "lru-cache";
import { decodeCode } from "../core/exec.ts";
import type { ExecutableAction } from "../core/executable-action.ts";
import type { AttachmentStore } from "../store/store.ts";

export class CodeCache {
  private readonly attachments: AttachmentStore;
  private readonly texts: LRUCache<string, string>;

  /** `bytesMax`: code kept in memory; larger code is read from the store each time. */
  constructor(attachments: AttachmentStore, bytesMax: number) {
    this.attachments = attachments;
    this.texts = new LRUCache({ maxSize: bytesMax, sizeCalculation: (text) => text.length + 1 });
  }

  /** Source text, or base64 when the action is binary. Rejects CORRUPTED. */
  async load(action: ExecutableAction): Promise<string> {
    const key = `${action.binary ? "b" : "t"}:${action.code.digest}`;
    const known = this.texts.get(key);
    if (known !== undefined) return known;
    const text = decodeCode(await this.attachments.get(action.code), action.binary);
    this.texts.set(key, text);
    return text;
  }
}
