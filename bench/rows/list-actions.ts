/** `GET actions` of a namespace that holds very many. */
import { Api } from "../lib/api.ts";
import { tempFolder } from "../lib/children.ts";
import { openStore, putActions } from "../lib/open-store.ts";
import type { Group } from "../lib/row.ts";
import { startProduct } from "../lib/server.ts";
import { median, percentile } from "../lib/stats.ts";

const ID = "list-100k";
const ACTIONS = 100_000;
const PAGE = 200;
const NAMESPACE = "guest";

export const listActions: Group = {
  rows: [
    {
      id: ID,
      about: `GET actions?limit=${PAGE} of a namespace with ${ACTIONS} actions, median`,
      unit: "ms",
      target: { bound: "most", required: 20 },
    },
  ],
  async run(_wanted, options) {
    options.progress(`storing ${ACTIONS} actions`);
    const dataFolder = tempFolder();
    const store = await openStore(dataFolder);
    await putActions(store, NAMESPACE, ACTIONS);
    await store.stop();
    const api = new Api(await startProduct({ dataFolder }));
    const path = `/api/v1/namespaces/_/actions?limit=${PAGE}`;
    const samples: number[] = [];
    for (let turn = 0; turn < (options.quick ? 30 : 200); turn += 1) {
      const { text, ms } = await api.send("GET", path);
      const page = JSON.parse(text) as unknown[];
      if (page.length !== PAGE) throw new Error(`${path} answered ${page.length} actions`);
      samples.push(ms);
    }
    await api.close();
    const note = `p99 ${percentile(samples, 99).toFixed(1)} ms`;
    return [{ id: ID, value: median(samples), samples, note }];
  },
};
