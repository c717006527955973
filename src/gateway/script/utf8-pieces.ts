/** Pieces of a body as text: a character that is cut in two waits for its other half. */
export class Utf8Pieces {
  private held: Uint8Array | undefined;

  /** The bytes that are whole characters; with `isLast` all there are. */
  next(chunk: Uint8Array, isLast: boolean): Uint8Array {
    const bytes = this.held === undefined ? chunk : Buffer.concat([this.held, chunk]);
    const rest = isLast ? 0 : incompleteLength(bytes);
    this.held = rest === 0 ? undefined : bytes.slice(bytes.length - rest);
    return rest === 0 ? bytes : bytes.subarray(0, bytes.length - rest);
  }
}

/** Bytes at the end that begin a character without ending it. */
function incompleteLength(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}
