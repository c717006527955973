/**
 * Frees an executable of Node.js from `libatomic.so.1`, which many a Linux lacks: Node.js 25 and
 * newer use one function of it, `__atomic_compare_exchange` on 8 bytes (nodejs/node#60790). It is
 * written into its entry of the procedure linkage table, where a jump to the library stood.
 * ELF64 for x86-64 with all symbols bound at the start; anything else is left alone.
 */
import { open } from "node:fs/promises";
import { bytesAt, Elf, rows } from "./elf.ts";

const DT_NEEDED = 1n;
const DT_PLTRELSZ = 2n;
const DT_SYMTAB = 6n;
const DT_RELA = 7n;
const DT_RELASZ = 8n;
const DT_JMPREL = 23n;
const DT_VERSYM = 0x6ffffff0n;
const DT_FLAGS_1 = 0x6ffffffbn;
const DT_VERNEED = 0x6ffffffen;
const DT_VERNEEDNUM = 0x6fffffffn;
const FLAG_NOW = 1n;
const RELOCATION_BYTES = 24;
const SYMBOL_BYTES = 24;
const ENTRY_BYTES = 16;
const LIBRARY = "libatomic.so.1";
const FUNCTION = "__atomic_compare_exchange";

/**
 * An entry is `jmp *slot; push; jmp`. Its last ten bytes bind at the first call, which never
 * happens here: those of both neighbours are free. Offsets count from the entry itself.
 */
const CODE: readonly (readonly [offset: number, bytes: readonly number[]])[] = [
  // cmp edi, 8; jne stop; mov rax, [rdx]; mov rcx, [rcx]; jmp exchange
  [0, [0x83, 0xff, 0x08, 0x75, 0x15, 0x48, 0x8b, 0x02, 0x48, 0x8b, 0x09, 0xeb, 0xe9]],
  // exchange: lock cmpxchg [rsi], rcx; mov [rdx], rax; jmp tell
  [-10, [0xf0, 0x48, 0x0f, 0xb1, 0x0e, 0x48, 0x89, 0x02, 0xeb, 0x16]],
  // tell: sete al; ret; stop: ud2
  [22, [0x0f, 0x94, 0xc0, 0xc3, 0x0f, 0x0b]],
];

/** Gives true when the file needed the library and no longer does. */
export async function bringOwnAtomic(path: string): Promise<boolean> {
  await using file = await open(path, "r+");
  const elf = await Elf.read(file);
  const change = elf && (await planFor(elf));
  for (const [at, bytes] of change ?? []) await file.write(bytes, 0, bytes.length, at);
  return change !== undefined;
}

/** Places in the file, and what comes there. */
type Change = readonly (readonly [at: number, bytes: Buffer])[];
/** A relocation: where it stands, which one of its table it is, the slot that it fills. */
type Call = { readonly at: number; readonly index: number; readonly slot: number };

/** Undefined when the library is not needed, or for more than this one function. */
async function planFor(elf: Elf): Promise<Change | undefined> {
  const needed = elf.tags.filter(({ tag }) => tag === DT_NEEDED);
  const names = await Promise.all(needed.map(({ value }) => elf.text(value)));
  const library = needed[names.indexOf(LIBRARY)];
  const other = needed[names.findIndex((name) => name !== LIBRARY)];
  const isBoundAtStart = (BigInt(elf.tag(DT_FLAGS_1)?.value ?? 0) & FLAG_NOW) !== 0n;
  if (library === undefined || other === undefined || !isBoundAtStart) return undefined;
  const versions = await readVersions(elf);
  const call = versions && (await onlyCall(elf, versions.indexes));
  const entry = call && (await entryOf(elf, call));
  if (versions === undefined || call === undefined || entry === undefined) return undefined;
  return [
    ...CODE.map(([offset, code]) => [entry + offset, Buffer.from(code)] as const),
    // A relocation of type none, another library named twice, one less in the list of versions.
    [call.at + 8, Buffer.alloc(8)],
    [library.at, uint64(other.value)],
    ...versions.removal,
  ];
}

/** The versions of symbols that the library has, and how to take them off the list. */
async function readVersions(
  elf: Elf,
): Promise<{ indexes: ReadonlySet<number>; removal: Change } | undefined> {
  const list = elf.tag(DT_VERNEED);
  const count = elf.tag(DT_VERNEEDNUM);
  if (list === undefined || count === undefined) return undefined;
  let at = elf.place(list.value);
  // What leads to the record: the tag with the address of the first, a distance in the others.
  let link = { at: list.at, make: (step: number): Buffer => uint64(list.value + step) };
  for (let left = count.value; left > 0; left -= 1) {
    const record = await bytesAt(elf.file, at, 16);
    const step = record.readUInt32LE(12);
    if ((await elf.text(record.readUInt32LE(4))) === LIBRARY) {
      const indexes = await readIndexes(elf, at + record.readUInt32LE(8), record.readUInt16LE(2));
      const removal: Change = [
        [link.at, link.make(step)],
        [count.at, uint64(count.value - 1)],
      ];
      return step === 0 ? undefined : { indexes, removal };
    }
    link = { at: at + 12, make: (more) => uint32(step + more) };
    at += step;
  }
  return undefined;
}

async function readIndexes(elf: Elf, first: number, count: number): Promise<ReadonlySet<number>> {
  const indexes = new Set<number>();
  for (let at = first, left = count; left > 0; left -= 1) {
    const row = await bytesAt(elf.file, at, 16);
    indexes.add(row.readUInt16LE(6));
    at += row.readUInt32LE(12);
  }
  return indexes;
}

/** The relocation of the function, if no other has a symbol of these versions. */
async function onlyCall(elf: Elf, versions: ReadonlySet<number>): Promise<Call | undefined> {
  const found: (Call & { readonly symbol: number })[] = [];
  const versionAt = elf.place(elf.tag(DT_VERSYM)?.value ?? 0);
  for (const [start, size] of [
    [DT_JMPREL, DT_PLTRELSZ],
    [DT_RELA, DT_RELASZ],
  ] as const) {
    const at = elf.place(elf.tag(start)?.value ?? 0);
    const table = rows(await bytesAt(elf.file, at, elf.tag(size)?.value ?? 0), RELOCATION_BYTES);
    for (const [index, row] of table.entries()) {
      const symbol = row.readUInt32LE(12);
      if (symbol === 0) continue;
      const version = (await bytesAt(elf.file, versionAt + 2 * symbol, 2)).readUInt16LE(0);
      if (!versions.has(version & 0x7fff)) continue;
      if (start !== DT_JMPREL) return undefined;
      const slot = Number(row.readBigUInt64LE(0));
      found.push({ at: at + index * RELOCATION_BYTES, index, slot, symbol });
    }
  }
  const [call] = found;
  if (call === undefined || found.length > 1) return undefined;
  const symbolAt = elf.place(elf.tag(DT_SYMTAB)?.value ?? 0) + SYMBOL_BYTES * call.symbol;
  const name = (await bytesAt(elf.file, symbolAt, 4)).readUInt32LE(0);
  return (await elf.text(name)) === FUNCTION ? call : undefined;
}

/** Where the entry that jumps to the slot stands in the file, between two others of its form. */
async function entryOf(
  elf: Elf,
  { index, slot }: { index: number; slot: number },
): Promise<number | undefined> {
  const section = await elf.section(".plt");
  if (section === undefined) return undefined;
  // The first entry is for binding.
  const offset = ENTRY_BYTES * (index + 1);
  const three = await bytesAt(elf.file, section.at + offset - ENTRY_BYTES, 3 * ENTRY_BYTES);
  const areEntries = rows(three, ENTRY_BYTES).every(
    (row) => row.readUInt16BE(0) === 0xff25 && row[6] === 0x68 && row[11] === 0xe9,
  );
  const target = section.address + offset + 6 + three.readInt32LE(ENTRY_BYTES + 2);
  return areEntries && target === slot ? section.at + offset : undefined;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
