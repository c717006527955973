/**
 * Makes dist/catalog.json of the projects in catalog/: what a start writes into `whisk.system`, so
 * that it reads no manifests.
 */
import { readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { planCatalog } from "../src/platform/catalog-plan.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "catalog");
const entries = readdirSync(folder, { withFileTypes: true });
const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
const packages = await Promise.all(names.sort().map((name) => planCatalog(join(folder, name))));
const target = join(root, "dist", "catalog.json");
writeFileSync(`${target}.${process.pid}`, JSON.stringify(packages.flat()));
renameSync(`${target}.${process.pid}`, target);
