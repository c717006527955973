import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { Certificates } from "../../../src/gateway/certificates.ts";
import { ConfigMirror } from "../../../src/gateway/config-mirror.ts";
import { Secrets } from "../../../src/gateway/secrets.ts";
import { MemoryConfigStore } from "../../helpers/gateway.ts";

test("a certificate that was replaced while its secret was fetched is not used", async () => {
  const answers = new Map<string, (text: string | undefined) => void>();
  const secrets = new Secrets({
    env: {},
    warn: () => undefined,
    manager: (_manager, _id, key) => new Promise((resolve) => answers.set(key, resolve)),
  });
  const store = new MemoryConfigStore();
  const mirror = await ConfigMirror.open(store);
  const certificates = new Certificates(mirror, secrets, () => undefined, "a.test");
  const used: unknown[] = [];
  certificates.followUnnamed(({ cert }) => used.push(cert));
  await nextTurn();
  for (const name of ["old", "new"]) {
    const value = { sni: "a.test", cert: `$secret://vault/1/${name}/cert`, key: "k" };
    await store.put("/ssls/1", value);
    await nextTurn();
  }
  for (const name of ["new", "old"]) {
    answers.get(`${name}/cert`)?.(name);
    await nextTurn();
  }
  expect(used).toEqual([undefined, ["new"]]);
});
