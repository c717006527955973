/** The activation store alone: how fast it takes records, and how its reads bear their number. */
import type { ActivationQuery, Store } from "../../src/store/store.ts";
import { tempFolder } from "../lib/children.ts";
import { activationRow, idOf, openStore, placeOf, putActivations } from "../lib/open-store.ts";
import { type Surroundings, watchSurroundings } from "../lib/proc.ts";
import { quietest } from "../lib/quiet.ts";
import type { Group, RowSpec } from "../lib/row.ts";
import { median } from "../lib/stats.ts";

const WRITE: RowSpec = {
  id: "store-write",
  about: "activation records of 900 bytes put and flushed to disk in a second",
  unit: "/s",
  target: { bound: "least", required: 60_000 },
};

type WriteSample = {
  readonly perS: number;
  readonly cpuUs: number;
  readonly surroundings: Surroundings;
};

/** A round that reached the disk in full: records per second and CPU of both threads for each. */
async function writeRound(records: number): Promise<WriteSample> {
  const store = await openStore(tempFolder());
  const firstStart = Date.now() - records;
  const watch = watchSurroundings();
  const cpu = process.cpuUsage();
  const begin = performance.now();
  await putActivations(store, { from: 0, to: records, firstStart });
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const surroundings = watch();
  await expectCount(store, records);
  await store.stop();
  return { perS: records / seconds, cpuUs: (user + system) / records, surroundings };
}

/** A store that dropped records would look fast. */
async function expectCount(store: Store, records: number): Promise<void> {
  const namespaces = new Set(Array.from({ length: 100 }, (_, number) => placeOf(number).namespace));
  const counts = [...namespaces].map((namespace) => store.activations.count({ namespace }));
  const stored = (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  if (stored !== records) throw new Error(`${records} records put, ${stored} stored`);
}

export const storeWrite: Group = {
  rows: [WRITE],
  async run(_wanted, options) {
    const records = options.quick ? 60_000 : 300_000;
    const rounds = options.quick ? 1 : 5;
    const taken: WriteSample[] = [];
    const take = (): Promise<WriteSample> => writeRound(records);
    for (let round = 1; round <= rounds; round += 1) {
      options.progress(`${records} activation records, round ${round} of ${rounds}`);
      taken.push(await quietest(take, { patient: !options.quick }));
    }
    const samples = taken.map(({ perS }) => perS);
    const surroundings = taken.map((sample) => sample.surroundings);
    const note = `${median(taken.map(({ cpuUs }) => cpuUs)).toFixed(1)} CPU-µs each`;
    return [{ id: WRITE.id, value: median(samples), samples, note, surroundings }];
  },
};

const LIST: RowSpec = {
  id: "store-list",
  about:
    "30 newest activations of a namespace, with and without name: median latency from 10k records to the full store (1M; --quick 100k)",
  unit: "x 10k",
  target: { bound: "most", required: 2 },
};
const GET: RowSpec = {
  id: "store-get",
  about: "one activation by id: median latency from 10k records to the full store",
  unit: "x 10k",
  target: { bound: "most", required: 2 },
};

const FEW = 10_000;
const READS = 1000;
const PAGE = 30;

/** Microseconds of `READS` calls one after another, each for another record of `stored`. */
async function times(
  stored: number,
  read: (number: number) => Promise<boolean>,
): Promise<number[]> {
  const samples: number[] = [];
  for (let turn = 0; turn < READS; turn += 1) {
    // A fixed stride that visits records all over the store, the same ones in every run.
    const number = (turn * 7919) % stored;
    const begin = performance.now();
    const found = await read(number);
    samples.push((performance.now() - begin) * 1000);
    if (!found) throw new Error(`record ${number} of ${stored}, or its page, was not found`);
  }
  return samples;
}

type Reads = { readonly get: number; readonly list: number; readonly named: number };

/** Median µs of each kind of read, after one untimed pass. */
async function readMedians(store: Store, stored: number): Promise<Reads> {
  const { activations } = store;
  const isPage = async (place: ActivationQuery): Promise<boolean> =>
    (await activations.list({ ...place, skip: 0, limit: PAGE })).length === PAGE;
  const kinds = {
    get: async (number: number) =>
      (await activations.get(placeOf(number).namespace, idOf(number))) !== undefined,
    list: (number: number) => isPage({ namespace: placeOf(number).namespace }),
    named: (number: number) => isPage(placeOf(number)),
  };
  const measure = async (read: (number: number) => Promise<boolean>): Promise<number> => {
    await times(stored, read);
    return median(await times(stored, read));
  };
  return {
    get: await measure(kinds.get),
    list: await measure(kinds.list),
    named: await measure(kinds.named),
  };
}

export const storeLatency: Group = {
  rows: [LIST, GET],
  async run(wanted, options) {
    const many = options.quick ? 100_000 : 1_000_000;
    const store = await openStore(tempFolder());
    const firstStart = Date.now() - many;
    await putActivations(store, { from: 0, to: FEW, firstStart });
    const few = await readMedians(store, FEW);
    options.progress(`filling the store up to ${many} activation records`);
    await putActivations(store, { from: FEW, to: many, firstStart });
    const full = await readMedians(store, many);
    await store.stop();
    const growth = (kind: keyof Reads): number => full[kind] / few[kind];
    const text = (kind: keyof Reads): string =>
      `${few[kind].toFixed(0)} to ${full[kind].toFixed(0)} µs`;
    const list = [growth("list"), growth("named")];
    const bytes = activationRow(0, firstStart).document.length;
    const tail = `at ${many} records of ${bytes} bytes`;
    return [
      {
        id: LIST.id,
        value: Math.max(...list),
        samples: list,
        note: `all ${text("list")}, by name ${text("named")} ${tail}`,
      },
      {
        id: GET.id,
        value: growth("get"),
        samples: [growth("get")],
        note: `${text("get")} ${tail}`,
      },
    ].filter(({ id }) => wanted.has(id));
  },
};
