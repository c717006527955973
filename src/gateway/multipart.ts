/** Fields of a form sent as `multipart/form-data` (RFC 7578). */

/** By name, of several the last one; undefined when the type names no boundary. */
export function fieldsOf(body: Buffer, type: string): ReadonlyMap<string, string> | undefined {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(type) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) return undefined;
  const fields = new Map<string, string>();
  // One character per byte, so that bytes of files count right.
  const parts = `\r\n${body.toString("latin1")}`.split(`\r\n--${boundary}`);
  for (const part of parts.slice(1)) {
    if (part.startsWith("--")) break;
    const end = part.indexOf("\r\n\r\n");
    const name = end < 0 ? undefined : nameOf(part.slice(0, end));
    if (name === undefined) continue;
    fields.set(utf8(name), utf8(part.slice(end + 4)));
  }
  return fields;
}

function nameOf(head: string): string | undefined {
  const [, quoted, plain] =
    /\r\ncontent-disposition:[^\r\n]*;\s*name=(?:"([^"\r\n]*)"|([^\s;"]+))/i.exec(head) ?? [];
  return quoted ?? plain;
}

function utf8(text: string): string {
  return Buffer.from(text, "latin1").toString("utf8");
}
