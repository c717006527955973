/** Archives of one file, made while they are sent. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { zipSync } from "fflate";

const BLOCK = 512;
const MODE = 0o755;
/** Node.js' own code hardly gets smaller at higher levels, which take many times as long. */
const GZIP_LEVEL = 1;

/** A gzipped tar with the file at `path` as `name`. Errors of reading end the stream. */
export async function tarGz(path: string, name: string): Promise<Readable> {
  const { size, mtimeMs } = await stat(path);
  async function* parts(): AsyncGenerator<Buffer> {
    yield tarHeader(name, size, mtimeMs);
    yield* createReadStream(path) as AsyncIterable<Buffer>;
    // Up to the end of the last block, and the two empty ones at the end.
    yield Buffer.alloc(((BLOCK - (size % BLOCK)) % BLOCK) + 2 * BLOCK);
  }
  const source = Readable.from(parts(), { objectMode: false });
  const gzip = createGzip({ level: GZIP_LEVEL });
  source.on("error", (error) => gzip.destroy(error));
  gzip.on("close", () => source.destroy());
  return source.pipe(gzip);
}

/** A zip with `content` as `name`, executable. */
export function zip(content: Uint8Array, name: string): Buffer {
  const unix = 3;
  const attrs = ((0o100000 | MODE) << 16) >>> 0;
  return Buffer.from(zipSync({ [name]: [content, { os: unix, attrs }] }));
}

/** One POSIX ustar header. */
function tarHeader(name: string, size: number, mtimeMs: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number): void => {
    header.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, "latin1");
  };
  header.write(name, 0, 100, "utf8");
  octal(MODE, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(Math.floor(mtimeMs / 1000), 136, 12);
  header.write("        0", 148, "latin1");
  header.write("ustar\0" + "00", 257, "latin1");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}
