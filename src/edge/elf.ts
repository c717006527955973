/** Reads what a change of an executable needs to know of it: ELF64 for x86-64. */
import type { FileHandle } from "node:fs/promises";

const X86_64 = 62;
const MAGIC = 0x7f454c46;
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const DT_STRTAB = 5n;
const NAME_BYTES = 64;

/** `address` in memory, `at` in the file. */
export type Segment = { readonly address: number; readonly at: number; readonly bytes: number };
/** One entry of the dynamic section; its value stands in the file at `at`. */
export type Tag = { readonly tag: bigint; readonly value: number; readonly at: number };

export class Elf {
  readonly file: FileHandle;
  readonly #segments: readonly Segment[];
  readonly tags: readonly Tag[];
  readonly #header: Buffer;

  private constructor(
    file: FileHandle,
    header: Buffer,
    segments: readonly Segment[],
    tags: readonly Tag[],
  ) {
    this.file = file;
    this.#header = header;
    this.#segments = segments;
    this.tags = tags;
  }

  /** Undefined for anything else. */
  static async read(file: FileHandle): Promise<Elf | undefined> {
    const header = await bytesAt(file, 0, 64);
    const isElf64 = header.readUInt32BE(0) === MAGIC && header[4] === 2;
    if (!isElf64 || header.readUInt16LE(18) !== X86_64) return undefined;
    const heads = rows(
      await bytesAt(file, Number(header.readBigUInt64LE(32)), 56 * header.readUInt16LE(56)),
      56,
    );
    const place = (head: Buffer): Segment => ({
      at: Number(head.readBigUInt64LE(8)),
      address: Number(head.readBigUInt64LE(16)),
      bytes: Number(head.readBigUInt64LE(32)),
    });
    const dynamic = heads.filter((head) => head.readUInt32LE(0) === PT_DYNAMIC).map(place)[0];
    if (dynamic === undefined) return undefined;
    const tags = rows(await bytesAt(file, dynamic.at, dynamic.bytes), 16).map((row, index) => ({
      tag: row.readBigInt64LE(0),
      value: Number(row.readBigUInt64LE(8)),
      at: dynamic.at + index * 16 + 8,
    }));
    const loads = heads.filter((head) => head.readUInt32LE(0) === PT_LOAD).map(place);
    return new Elf(file, header, loads, tags);
  }

  /** A section by its name; the linker needs none of them, so there may be none. */
  async section(wanted: string): Promise<Segment | undefined> {
    const header = this.#header;
    const start = Number(header.readBigUInt64LE(40));
    const table = rows(await bytesAt(this.file, start, 64 * header.readUInt16LE(60)), 64);
    const names = Number(table[header.readUInt16LE(62)]?.readBigUInt64LE(24) ?? 0);
    for (const row of table) {
      if ((await textAt(this.file, names + row.readUInt32LE(0))) !== wanted) continue;
      const number = (at: number): number => Number(row.readBigUInt64LE(at));
      return { address: number(16), at: number(24), bytes: number(32) };
    }
    return undefined;
  }

  tag(wanted: bigint): Tag | undefined {
    return this.tags.find(({ tag }) => tag === wanted);
  }

  /** A name of the dynamic symbols. */
  text(offset: number): Promise<string> {
    return textAt(this.file, this.place(this.tag(DT_STRTAB)?.value ?? 0) + offset);
  }

  /** Where in the file stands what will be at `address`; throws when nothing will. */
  place(address: number): number {
    const holds = (row: Segment): boolean =>
      address >= row.address && address < row.address + row.bytes;
    const segment = this.#segments.find(holds);
    if (segment === undefined) throw new Error(`the executable has nothing at ${address}`);
    return address - segment.address + segment.at;
  }
}

export async function bytesAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
  return bytesRead === length ? buffer : buffer.subarray(0, bytesRead);
}

async function textAt(file: FileHandle, at: number): Promise<string> {
  const bytes = await bytesAt(file, at, NAME_BYTES);
  return bytes.toString("latin1", 0, Math.max(0, bytes.indexOf(0)));
}

export function rows(table: Buffer, bytes: number): Buffer[] {
  return Array.from({ length: Math.floor(table.length / bytes) }, (_, index) =>
    table.subarray(index * bytes, (index + 1) * bytes),
  );
}
