/** Bodies that upstreams have compressed. */
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";

type Decoder = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Buffer;

const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip: gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
};

/** Whether `decodeContent` knows the `Content-Encoding`; none needs no decoding. */
export function canDecode(coding: string | undefined): boolean {
  return coding === undefined || coding.toLowerCase() in DECODERS;
}

/** The plain body; what is damaged, or would get longer than `bytesMax`, stays as it is. */
export function decodeContent(bytes: Buffer, coding: string | undefined, bytesMax: number): Buffer {
  const decode = DECODERS[coding?.toLowerCase() ?? ""];
  if (decode === undefined) return bytes;
  try {
    return decode(bytes, { maxOutputLength: bytesMax });
  } catch {
    return bytes;
  }
}
