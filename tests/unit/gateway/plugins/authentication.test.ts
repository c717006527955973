import { expect, test } from "vitest";
import type { Consumer, ConsumerDirectory } from "../../../../src/gateway/consumer.ts";
import { identifyThen } from "../../../../src/gateway/plugins/lib/authentication.ts";

const jack: Consumer = { username: "jack", value: {}, authConf: {} };

/** Knows nobody until it was asked for secrets. */
function directory(): { readonly consumers: ConsumerDirectory; readonly find: () => typeof found } {
  let found: { readonly consumer: Consumer } | { readonly refusal: string } = { refusal: "who?" };
  const consumers: ConsumerDirectory = {
    find: () => undefined,
    byName: () => undefined,
    hasAny: () => true,
    retrySecrets: async () => {
      found = { consumer: jack };
    },
  };
  return { consumers, find: () => found };
}

test.for(["at once", "later"])(
  "who is found %s is looked for again once secrets are there",
  async (when) => {
    const { consumers, find } = directory();
    let looked = 0;
    const identify = () => {
      looked++;
      return when === "later" ? Promise.resolve(find()) : find();
    };
    const found = await identifyThen({ consumers }, identify, (identified) => identified);
    expect([looked, found]).toEqual([2, { consumer: jack }]);
  },
);

test("nothing waits for who is known at once", () => {
  const { consumers } = directory();
  expect(
    identifyThen(
      { consumers },
      () => ({ consumer: jack }),
      () => "on",
    ),
  ).toBe("on");
});

test("who is known later is looked for once", async () => {
  const { consumers } = directory();
  let looked = 0;
  const identify = async () => {
    looked++;
    return { consumer: jack };
  };
  const found = await identifyThen({ consumers }, identify, (identified) => identified);
  expect([looked, found]).toEqual([1, { consumer: jack }]);
});
