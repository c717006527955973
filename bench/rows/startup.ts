/** How long a person waits for the programs to start. */
import { join } from "node:path";
import { run } from "../lib/children.ts";
import type { BenchOptions, Group, RowSpec } from "../lib/row.ts";
import { ROOT, startProduct } from "../lib/server.ts";
import { median } from "../lib/stats.ts";

const READY = {
  id: "start-ready",
  about: "`meringue standalone` with an empty store, from spawn to listening",
  unit: "ms",
  target: { bound: "most", required: 1000 },
} as const satisfies RowSpec;

const help = (program: string): RowSpec => ({
  id: `help-${program}`,
  about: `\`${program} --help\`, from spawn to exit`,
  unit: "ms",
  target: { bound: "most", required: 150 },
});

/** Times `once` after one untimed round that brings the files into the page cache. */
async function times(rounds: number, once: () => Promise<number>): Promise<number[]> {
  await once();
  const samples: number[] = [];
  while (samples.length < rounds) samples.push(await once());
  return samples;
}

async function timeReady(): Promise<number> {
  const begin = performance.now();
  const server = await startProduct({ timed: true });
  const ms = performance.now() - begin;
  await server.stop();
  return ms;
}

async function timeHelp(program: string): Promise<number> {
  const begin = performance.now();
  const output = await run(join(ROOT, "bin", program), ["--help"]);
  const ms = performance.now() - begin;
  if (!output.includes(program)) throw new Error(`${program} --help does not name ${program}`);
  return ms;
}

function startupGroup(
  spec: RowSpec,
  rounds: { readonly full: number; readonly quick: number },
  once: () => Promise<number>,
): Group {
  return {
    rows: [spec],
    async run(_wanted, options: BenchOptions) {
      const samples = await times(options.quick ? rounds.quick : rounds.full, once);
      return [{ id: spec.id, value: median(samples), samples }];
    },
  };
}

export const startup: readonly Group[] = [
  startupGroup(READY, { full: 10, quick: 2 }, timeReady),
  ...["meringue", "wsk"].map((program) =>
    startupGroup(help(program), { full: 20, quick: 3 }, () => timeHelp(program)),
  ),
];
