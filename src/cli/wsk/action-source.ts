/**
 * What an action is made of, as the command line says: code, an image, other actions, or what
 * another action is made of (wsk-cli 4.1).
 */
import type { Encodable } from "../../client/json.ts";
import type { KeyValue } from "../../client/records.ts";
import { readCode } from "./code-file.ts";
import type { Context } from "./context.ts";
import { completeName, parseQualifiedName } from "./qualified-name.ts";
import { complaining, EXIT, usageError, WskError } from "./wsk-error.ts";

export type Source = {
  /** undefined: what the action is made of stays */
  readonly exec: Encodable;
  /** of the action that is copied */
  readonly annotations: readonly KeyValue[];
  readonly parameters: readonly KeyValue[];
};

export const NO_ARTIFACT = "An action name and code artifact are required.";

/** `artifact` may be missing when an action is updated, or has an image. */
export async function readSource(
  context: Context,
  artifact: string | undefined,
  isUpdate: boolean,
): Promise<Source> {
  const { flags } = context;
  if (flags.text("kind") !== "" && flags.text("docker") !== "") {
    const text = "Cannot specify both --kind and --docker at the same time.";
    throw new WskError(text, EXIT.notAllowed);
  }
  if (flags.switchedOn("copy")) return copyOf(context, needed(artifact));
  if (flags.switchedOn("sequence")) return only(sequenceOf(needed(artifact)));
  if (artifact !== undefined || flags.text("docker") !== "") {
    return only(await execOf(context, artifact));
  }
  if (!isUpdate) throw usageError(NO_ARTIFACT, EXIT.usage);
  return only(undefined);
}

function only(exec: Encodable): Source {
  return { exec, annotations: [], parameters: [] };
}

function needed(artifact: string | undefined): string {
  if (artifact === undefined) throw usageError(NO_ARTIFACT, EXIT.usage);
  return artifact;
}

async function copyOf(context: Context, source: string): Promise<Source> {
  const { namespace, entityName } = parseQualifiedName(source);
  const action = await complaining(
    `Unable to get action '${entityName}': `,
    () => context.client().action(namespace, entityName, true),
    true,
  );
  const { exec, annotations = [], parameters = [] } = action;
  return { exec, annotations, parameters };
}

/** Blanks around the commas belong to the names. */
function sequenceOf(names: string): Encodable {
  return { kind: "sequence", components: names.split(",").map(completeName) };
}

/** The image of programs that bring their own protocol (`--native`). */
const NATIVE_IMAGE = "openwhisk/dockerskeleton";

async function execOf({ flags, io }: Context, artifact: string | undefined): Promise<Encodable> {
  const [kind, main, docker] = [flags.text("kind"), flags.text("main"), flags.text("docker")];
  const image = flags.switchedOn("native") ? NATIVE_IMAGE : docker;
  const isBlackbox = kind === "" && image !== "";
  const asked = { kind: isBlackbox ? "blackbox" : kind, main };
  const read =
    artifact === undefined
      ? { ...asked, code: undefined, main: main === "" ? undefined : main }
      : await readCode(artifact, asked, io);
  return {
    kind: read.kind,
    code: read.code,
    image: isBlackbox ? image : undefined,
    main: read.main,
  };
}
