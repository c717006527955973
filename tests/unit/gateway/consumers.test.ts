import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { ConfigMirror } from "../../../src/gateway/config-mirror.ts";
import { Consumers } from "../../../src/gateway/consumers.ts";
import { keyAuth } from "../../../src/gateway/plugins/key-auth.ts";
import { type SecretManager, Secrets } from "../../../src/gateway/secrets.ts";
import { MemoryConfigStore } from "../../helpers/gateway.ts";

/** As many consumers, each with a key of its own from the manager. */
async function consumersWith(count: number, manager: SecretManager): Promise<Consumers> {
  const store = new MemoryConfigStore();
  for (let at = 0; at < count; at++) {
    const key = `$secret://vault/1/c${at}/key`;
    await store.put(`/consumers/c${at}`, { username: `c${at}`, plugins: { "key-auth": { key } } });
  }
  const mirror = await ConfigMirror.open(store);
  const secrets = new Secrets({ env: {}, warn: () => undefined, manager });
  const consumers = new Consumers({ mirror, secrets, plugin: () => keyAuth });
  await consumers.load();
  return consumers;
}

test("more secrets than are kept are not asked for at every search", async () => {
  let asked = 0;
  const consumers = await consumersWith(600, async (_manager, _id, key) => {
    asked++;
    return `value of ${key}`;
  });
  const search = () => consumers.find("key-auth", "key", "value of c7/key");
  for (let turn = 0; turn < 10; turn++) {
    search();
    await nextTurn();
  }
  expect(search()?.username).toBe("c7");
  const before = asked;
  for (let turn = 0; turn < 10; turn++) {
    search();
    await nextTurn();
  }
  expect(asked).toBe(before);
});
