// `npm run bench`: measures the built program against raw figures of the same machine, run and
// Node.js; docs/performance.md tells how. Exit code 1 when a required target is missed or a
// measurement fails, 2 for a wrong command line.
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { build } from "../scripts/build.ts";
import { installCleanUp, stopAll } from "./lib/children.ts";
import { syncP50Ms } from "./lib/disk.ts";
import { type BenchOptions, exitCode, type Group, judge, type Result, Skip } from "./lib/row.ts";
import { formatTarget, renderResults, renderTable, summarize, toJsonRow } from "./lib/table.ts";
import { coldStart } from "./rows/cold-start.ts";
import { fixedRate } from "./rows/fixed-rate.ts";
import { gatewayHop } from "./rows/gateway-hop.ts";
import { gatewayOpenwhisk } from "./rows/gateway-openwhisk.ts";
import { gatewayChanges, gatewayMatch, gatewayMemory } from "./rows/gateway-routes.ts";
import { idleMemory } from "./rows/idle-memory.ts";
import { listActions } from "./rows/list-actions.ts";
import { startup } from "./rows/startup.ts";
import { storeLatency, storeWrite } from "./rows/store.ts";
import { warmInvoke } from "./rows/warm-invoke.ts";

const GROUPS: readonly Group[] = [
  ...warmInvoke,
  fixedRate,
  ...coldStart,
  idleMemory,
  storeWrite,
  storeLatency,
  listActions,
  ...startup,
  gatewayHop,
  gatewayMatch,
  gatewayMemory,
  gatewayChanges,
  gatewayOpenwhisk,
];
const ROWS = GROUPS.flatMap((group) => group.rows);

const USAGE = `Usage: npm run bench -- [--quick] [--only ID...] [--json FILE] [--list]

  --quick      fewer and shorter samples, under a minute in all; for a first look only
  --only ID... measure these rows
  --json FILE  also write the rows as JSON
  --list       list the rows and what they measure`;

type CommandLine = {
  readonly ids: ReadonlySet<string>;
  readonly json: string | undefined;
  readonly list: boolean;
  readonly help: boolean;
  readonly quick: boolean;
};

/** Reads the command line; throws with one line for the user when it is wrong. */
function readCommandLine(argv: readonly string[]): CommandLine {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      only: { type: "string", multiple: true, default: [] },
      json: { type: "string" },
      list: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
      quick: { type: "boolean", default: false },
    },
  });
  if (positionals.length > 0 && values.only.length === 0) {
    throw new Error(`unexpected ${positionals[0]}; did you mean --only ${positionals.join(" ")}?`);
  }
  const picked = [...values.only, ...positionals];
  const unknown = picked.filter((id) => !ROWS.some((row) => row.id === id));
  if (unknown.length > 0) throw new Error(`no such row: ${unknown.join(", ")} (see --list)`);
  const ids = new Set(picked.length > 0 ? picked : ROWS.map((row) => row.id));
  const { json, list, help, quick } = values;
  return { ids, json, list, help, quick };
}

/** Runs one group; what goes wrong becomes the verdict of its rows, so that the others still run. */
async function runGroup(
  group: Group,
  wanted: ReadonlySet<string>,
  options: BenchOptions,
): Promise<Result[]> {
  const specs = group.rows.filter((row) => wanted.has(row.id));
  if (specs.length === 0) return [];
  try {
    const outcomes = await group.run(wanted, options);
    return specs.map((spec) => {
      const outcome = outcomes.find((candidate) => candidate.id === spec.id);
      if (outcome === undefined) throw new Error(`${spec.id} was not measured`);
      return judge(spec, outcome);
    });
  } catch (error) {
    const verdict = error instanceof Skip ? "skipped" : "failed";
    const reason = error instanceof Error ? error.message : String(error);
    options.progress(`${specs.map((spec) => spec.id).join(", ")} ${verdict}: ${reason}`);
    return specs.map((spec) => ({ ...spec, verdict, reason }));
  } finally {
    await stopAll();
  }
}

function printList(): void {
  const rows = ROWS.map((row) => [row.id, formatTarget(row.target), row.unit, row.about]);
  console.log(renderTable(["row", "target (stretch)", "unit", "measures"], rows, new Set()));
}

function describeMachine(): string {
  const cores = cpus();
  const sync = `fdatasync of 4 KiB ${syncP50Ms().toFixed(2)} ms`;
  return `Node.js ${process.version}, ${cores.length} cores (${cores[0]?.model}), ${sync}`;
}

async function measure({ ids, json, quick }: CommandLine): Promise<number> {
  if (build({ onlyStale: true }) !== 0) return 1;
  installCleanUp();
  const begin = performance.now();
  const seconds = (): string => ((performance.now() - begin) / 1000).toFixed(0).padStart(4);
  const progress = (line: string): void => console.error(`${seconds()} s  ${line}`);
  const machine = describeMachine();
  const results: Result[] = [];
  for (const group of GROUPS) results.push(...(await runGroup(group, ids, { quick, progress })));
  console.log(machine);
  console.log(`\n${renderResults(results)}\n\n${summarize(results)}`);
  if (quick) console.log("--quick: too few samples to judge by");
  if (json !== undefined) {
    writeFileSync(json, `${JSON.stringify(results.map(toJsonRow), undefined, 2)}\n`);
  }
  return exitCode(results);
}

/** The command line, or undefined after telling the user what is wrong with it. */
function commandLineOrUsage(): CommandLine | undefined {
  try {
    return readCommandLine(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    return undefined;
  }
}

const commandLine = commandLineOrUsage();
if (commandLine === undefined) process.exitCode = 2;
else if (commandLine.help) console.log(USAGE);
else if (commandLine.list) printList();
else process.exitCode = await measure(commandLine);
