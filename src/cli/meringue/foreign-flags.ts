/**
 * Flags of the original's standalone server that have no meaning here. They are accepted, so that
 * its command lines work, and each says in one line what holds instead
 * (openwhisk-gateway-catalog-standalone.md E1).
 */
import { type Command, Option } from "commander";

const NO_PAGE = "there is no web page in this version: use wsk";
const NO_GATEWAY = "there is no API gateway in this version";
const STORE = "everything is kept in SQLite files in the data folder (--data-dir)";
const NO_BROKER = "messages stay inside the program, which needs no broker";
const METRICS = "user events are counted at /metrics of the API port, or of --metrics-port";

const FOREIGN: readonly (readonly [flags: string, note: string])[] = [
  ["--ui-port <port>", NO_PAGE],
  ["--no-ui", NO_PAGE],
  ["--no-browser", "no browser is opened in any case"],
  ["--api-gw", NO_GATEWAY],
  ["--api-gw-port <port>", NO_GATEWAY],
  ["--couchdb", STORE],
  ["--kafka", NO_BROKER],
  ["--kafka-ui", NO_BROKER],
  ["--kafka-port <port>", NO_BROKER],
  ["--kafka-docker-port <port>", NO_BROKER],
  ["--zk-port <port>", NO_BROKER],
  ["--dev-user-events-port <port>", METRICS],
  ["--all", "every part of this version is started in any case; none needs another program"],
  ["--dev-mode", "nothing is checked or pulled beforehand in any case"],
  ["--dev-kcf", "functions run as processes of this machine, not in Kubernetes"],
  ["--enable-bootstrap", "guest and whisk.system exist in any case"],
  ["--disable-color-logging", "the log has no colours in any case"],
];

/** Adds them to `command`; the result is filled with a line for each that is used. */
export function addForeignFlags(command: Command): readonly string[] {
  const notes: string[] = [];
  for (const [flags, note] of FOREIGN) {
    const option = new Option(flags).hideHelp();
    const [name = flags] = flags.split(" ");
    command.addOption(option);
    command.on(`option:${option.name()}`, () => notes.push(`${name}: ${note}`));
  }
  command.addHelpText(
    "after",
    "\nThe other flags of the original's standalone server are accepted; each says what holds here.",
  );
  return notes;
}
