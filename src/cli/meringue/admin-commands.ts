/**
 * The command line of `meringue admin`: verbs and options of the original's `wskadmin`. What has no
 * meaning here is accepted and refused with the reason.
 */
import { type Command, InvalidArgumentError } from "commander";
import type { AdminCommand } from "../../admin/commands.ts";
import { LIMIT_NAMES, LIMITS } from "../../admin/limits.ts";
import { type Context, EXIT } from "./context.ts";
import { addSettingFlags } from "./setting-flags.ts";

type Start = (command: AdminCommand) => Promise<void>;
/** Adds a command that ends in an admin command. */
type Add = (group: Command, usage: string, help: string) => { command: Command; start: Start };

const NAMESPACE = "--namespace <namespace>";

/** wskadmin's `-ns` is no short option to anybody else. */
export function widenOptions(args: readonly string[]): string[] {
  const at = args[0] === "admin" ? 0 : args.length;
  return args.map((arg, index) => {
    if (index <= at) return arg;
    return arg === "-ns" ? "--namespace" : arg.replace(/^-ns=/, "--namespace=");
  });
}

export function addAdmin(
  program: Command,
  context: Context,
  setCode: (code: number) => void,
): void {
  const root = program.command("admin").description("manage users and limits in the data folder");
  const add: Add = (group, usage, help) => {
    const command = group.command(usage).description(help);
    const values = addSettingFlags(command, ["data.folder"]);
    const start: Start = async (asked) => {
      const { admin } = await import("./admin.ts");
      setCode(await admin(asked, values, context));
    };
    return { command, start };
  };
  const refuse: Refuse = (group, usage, reason) => {
    group
      .command(usage, { hidden: true })
      .allowUnknownOption()
      .allowExcessArguments()
      .action(() => {
        context.err(`meringue: ${reason}\n`);
        setCode(EXIT.failed);
      });
  };
  const user = root.command("user").description("manage users");
  addUserWrites(user, add);
  addUserReads(user, add);
  addLimits(root.command("limits").description("manage limits of namespaces"), add);
  addDb(root.command("db").description("look into the store"), add, refuse);
  const syslog = root.command("syslog", { hidden: true });
  refuse(
    syslog,
    "get",
    "the log is what the server writes to stderr, not a file of its own: look where that goes, " +
      "and grep the transaction id there (docs/operations.md)",
  );
}

type Refuse = (group: Command, usage: string, reason: string) => void;

function addUserWrites(user: Command, add: Add): void {
  const create = add(user, "create <subject>", "create a user and show its key");
  create.command
    .option("-u, --auth <uuid:key>", "the key to give it; default: a new one")
    .option(NAMESPACE, "give it a key to this namespace (-ns); default: the subject's name")
    .option("-r, --revoke", "replace the key that it has")
    .option("-g, --genonly", "make a key and store nothing")
    .option("-s, --silent", "do not show the key")
    .action((subject: string, options: CreateOptions) => {
      const { auth, namespace, revoke, genonly, silent } = options;
      const own = given({ auth, namespace, revoke, genonly, silent });
      return create.start({ verb: "user.create", subject, ...own });
    });
  const remove = add(user, "delete <subject>", "delete a user");
  remove.command
    .option(NAMESPACE, "take away the key to this namespace only (-ns)")
    .action((subject: string, { namespace }: { namespace?: string }) =>
      remove.start({ verb: "user.delete", subject, ...given({ namespace }) }),
    );
  for (const word of ["block", "unblock"] as const) {
    const one = add(user, `${word} <subjects...>`, `${word} one or more users`);
    one.command.action((subjects: string[]) => one.start({ verb: `user.${word}`, subjects }));
  }
}

type CreateOptions = {
  auth?: string;
  namespace?: string;
  revoke?: true;
  genonly?: true;
  silent?: true;
};

function addUserReads(user: Command, add: Add): void {
  const get = add(user, "get <subject>", "show the key of a user");
  get.command
    .option(NAMESPACE, "the key to this namespace (-ns); default: the subject's name")
    .option("-a, --all", "all its namespaces and their keys")
    .action((subject: string, { namespace, all }: { namespace?: string; all?: true }) =>
      get.start({ verb: "user.get", subject, ...given({ namespace, all }) }),
    );
  const whois = add(user, "whois <uuid:key>", "tell whose key this is");
  whois.command.action((authkey: string) => whois.start({ verb: "user.whois", authkey }));
  const list = add(user, "list <namespace>", "list who has a key to a namespace");
  list.command
    .option("-p, --pick <n>", "no more than n identities", whole, 1)
    .option("-a, --all", "all identities")
    .option("-k, --key", "show their keys, and only these")
    .action((namespace: string, options: { pick: number; all?: true; key?: true }) => {
      const { pick, all, key } = options;
      return list.start({ verb: "user.list", namespace, pick, ...given({ all, key }) });
    });
}

function addLimits(limits: Command, add: Add): void {
  const set = add(limits, "set <namespace>", "set limits; what is not given stays");
  for (const name of LIMIT_NAMES) {
    const { holds, help } = LIMITS[name];
    const value = { count: "<number>", kinds: "<kinds...>", truth: "<yes|no>", size: "<size>" };
    set.command.option(`--${name} ${value[holds]}`, help);
  }
  set.command.action((namespace: string, options: Record<string, unknown>) => {
    const names = LIMIT_NAMES.filter((name) => options[name] !== undefined);
    // commander gives texts, or lists of them for <kinds...>.
    const texts = names.map((name) => [name, options[name] as string | string[]]);
    return set.start({ verb: "limits.set", namespace, given: Object.fromEntries(texts) });
  });
  const get = add(limits, "get <namespace>", "show the limits that were set");
  get.command.action((namespace: string) => get.start({ verb: "limits.get", namespace }));
  const remove = add(limits, "delete <namespace>", "return to the system's limits");
  remove.command.action((namespace: string) => remove.start({ verb: "limits.delete", namespace }));
}

function addDb(db: Command, add: Add, refuse: Refuse): void {
  const get = add(db, "get <database>", "show what is in subjects or whisks; keys are hidden");
  get.command
    .option("-w, --view <design/view>", "refused: there are no views")
    .option("--docs", "with the documents")
    .action((database: string, { view, docs }: { view?: string; docs?: true }) =>
      get.start({ verb: "db.get", database, ...given({ view, docs }) }),
    );
  const files = "the files need no care: freed pages are used again (docs/storage.md)";
  refuse(db, "compact", files);
}

/** Without the members that are not there. */
function given<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const there = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(there) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

function whole(text: string): number {
  if (/^-?\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is not a whole number.");
}
