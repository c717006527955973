import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, test } from "vitest";
import { buildRuntimeModules } from "../../scripts/runtime-modules.ts";
import type { IsolationLevel } from "../../src/container/driver.ts";
import { driverContract } from "./driver.contract.ts";
import { Harness, runtimes } from "./driver-harness.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
if (!existsSync(`${root}/dist/runtime-modules`)) buildRuntimeModules(root);

const kinds = [...runtimes.keys()];
const nodeKinds = kinds.filter((kind) => kind.startsWith("nodejs:"));
const pythonKinds = kinds.filter((kind) => kind.startsWith("python:")).slice(0, 1);

/** Undefined when this machine can give the level. */
async function missing(isolation: IsolationLevel): Promise<string | undefined> {
  const harness = new Harness({ isolation });
  try {
    await harness.driver.start();
    return undefined;
  } catch (error) {
    return String(error);
  } finally {
    await harness.stop();
  }
}

for (const isolation of ["bwrap", "unshare", "none"] as const) {
  const reason = await missing(isolation);
  if (reason !== undefined) {
    describe.skip(`driver contract: process at ${isolation} (${reason})`, () => test("skipped"));
    continue;
  }
  driverContract({
    title: `process at ${isolation}`,
    make: () => new Harness({ isolation }),
    nodeKinds: isolation === "unshare" ? nodeKinds.slice(0, 1) : nodeKinds,
    pythonKinds,
  });
}
