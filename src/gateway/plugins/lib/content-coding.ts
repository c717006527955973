/** Bodies that upstreams have compressed. */

// An import would evaluate the module at the start, and most gateways never need it.
const zlib = (): typeof import("node:zlib") => process.getBuiltinModule("node:zlib");

type Decoder = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Buffer;

const DECODERS: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ["gzip", (bytes, options) => zlib().gunzipSync(bytes, options)],
  ["deflate", (bytes, options) => zlib().inflateSync(bytes, options)],
  ["br", (bytes, options) => zlib().brotliDecompressSync(bytes, options)],
]);

/** Whether `decodeContent` knows the `Content-Encoding`; none needs no decoding. */
export function canDecode(coding: string | undefined): boolean {
  return coding === undefined || DECODERS.has(coding.toLowerCase());
}

/** The plain body; what is damaged, or would get longer than `bytesMax`, stays as it is. */
export function decodeContent(bytes: Buffer, coding: string | undefined, bytesMax: number): Buffer {
  const decode = DECODERS.get(coding?.toLowerCase() ?? "");
  if (decode === undefined) return bytes;
  try {
    return decode(bytes, { maxOutputLength: bytesMax });
  } catch {
    return bytes;
  }
}
