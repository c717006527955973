/**
 * Which kinds an action may ask for, and on which runtime each of them runs here
 * (openwhisk-api.md 4.2).
 */
import {
  LANGUAGES,
  type Language,
  type Manifest,
  type RuntimeManifest,
} from "./runtimes-manifest.ts";

export type ResolvedKind = {
  /** Concrete kind, as it is stored: "nodejs:14". */
  readonly kind: string;
  /** The runtime that is present on this machine and runs it: "nodejs:20". */
  readonly runtime: string;
  /** May be read and deleted, not written or invoked. */
  readonly deprecated: boolean;
  readonly requireMain: boolean;
};

/** One line of `GET /` → `runtimes`. */
export type RuntimeInfo = {
  readonly kind: string;
  readonly image: string;
  readonly deprecated: boolean;
  readonly default: boolean;
  readonly attached: boolean;
  readonly requireMain: boolean;
};

export type KindTable = {
  /** `kind` is lower case without blanks around; "FAMILY:default" gives the family's default. */
  resolve(kind: string): ResolvedKind | undefined;
  /** Kinds of the manifest, for messages. */
  readonly kinds: readonly string[];
  readonly families: Readonly<Record<string, readonly RuntimeInfo[]>>;
  /** Processes the manifest wants ready: runtime, how many, of which size. */
  readonly stemCells: readonly {
    readonly runtime: string;
    readonly initialCount: number;
    readonly memoryMb: number;
  }[];
  /** One line each for the operator: what was left out of the manifest and why. */
  readonly notes: readonly string[];
};

/**
 * Kinds that the original has shipped at some time (its runtimes manifests since 2016, the images
 * of its Node.js and Python runtime projects). They run on the nearest version present.
 */
export const HISTORICAL_KINDS = {
  nodejs: [
    "nodejs",
    "nodejs:6",
    "nodejs:8",
    "nodejs:10",
    "nodejs:12",
    "nodejs:14",
    "nodejs:16",
    "nodejs:18",
    "nodejs:20",
    "nodejs:22",
    "nodejs:24",
  ],
  python: [
    "python",
    "python:2",
    "python:3",
    "python:3.6",
    "python:3.7",
    "python:3.9",
    "python:3.10",
    "python:3.11",
    "python:3.12",
  ],
} as const satisfies Record<Language, readonly string[]>;

/** What runs when no manifest is given: the original's own kinds, and every runtime present. */
export function defaultManifest(present: readonly string[]): Manifest {
  const families = LANGUAGES.map((language): [Language, RuntimeManifest[]] => {
    const stock = STOCK_KINDS[language];
    const others = present.filter((kind) => isOf(language, kind) && !stock.includes(kind));
    const kinds = [...stock, ...others].sort(byVersion);
    return [language, kinds.map((kind) => runtimeOf(language, kind))];
  });
  return { families: new Map(families), notes: [] };
}

const STOCK_KINDS: Readonly<Record<Language, readonly string[]>> = {
  nodejs: ["nodejs:18", "nodejs:20"],
  python: ["python:3.10", "python:3.11"],
};
const STOCK_DEFAULTS: Readonly<Record<Language, string>> = {
  nodejs: "nodejs:20",
  python: "python:3.10",
};

/** Only the original's own kinds have an image of the original. */
function runtimeOf(language: Language, kind: string): RuntimeManifest {
  const isStock = STOCK_KINDS[language].includes(kind);
  const image = isStock ? `openwhisk/action-${kind.replace(":", "-v")}:nightly` : "";
  const isDefault = kind === STOCK_DEFAULTS[language];
  return { kind, image, default: isDefault, deprecated: false, requireMain: false, stemCells: [] };
}

/**
 * Builds the table. `present` are the runtimes found on this machine ("nodejs:20", "python:3.11").
 * A family of the manifest that has no runtime present is left out with a note. `historical` adds
 * the closed table above; a manifest that an operator gives is the whole truth without it.
 */
export function createKindTable(options: {
  readonly manifest: Manifest;
  readonly present: readonly string[];
  readonly historical: boolean;
}): KindTable {
  const { manifest, present, historical } = options;
  const notes = [...manifest.notes];
  const resolved = new Map<string, ResolvedKind>();
  const families: Record<string, RuntimeInfo[]> = {};
  const stemCells: KindTable["stemCells"][number][] = [];
  for (const [language, kinds] of manifest.families) {
    const target = kinds.find((kind) => kind.default) ?? kinds[0];
    const runtimes = present.filter((runtime) => isOf(language, runtime));
    if (target === undefined || runtimes.length === 0) {
      notes.push(`manifest: no ${language} runtime is present, '${language}' left out`);
      continue;
    }
    const choose = (kind: string): string => nearest(kind, target.kind, runtimes);
    for (const name of historical ? HISTORICAL_KINDS[language] : []) {
      const runtime = choose(name);
      resolved.set(name, { kind: name, runtime, deprecated: false, requireMain: false });
    }
    for (const { kind, deprecated, requireMain, stemCells: cells } of kinds) {
      const runtime = choose(kind);
      const entry = { kind, runtime, deprecated, requireMain };
      resolved.set(kind, entry);
      if (kind === target.kind) resolved.set(`${language}:default`, entry);
      stemCells.push(...cells.map((cell) => ({ runtime, ...cell })));
    }
    families[language] = kinds.map(runtimeInfo);
  }
  return {
    resolve: (kind) => resolved.get(kind),
    kinds: Object.values(families).flatMap((infos) => infos.map((info) => info.kind)),
    families,
    stemCells,
    notes,
  };
}

function runtimeInfo(runtime: RuntimeManifest): RuntimeInfo {
  const { kind, image, deprecated, requireMain } = runtime;
  return { kind, image, deprecated, default: runtime.default, attached: true, requireMain };
}

/**
 * The runtime whose version is closest to the kind's: by major, then minor, then the newer one. A
 * kind that leaves its minor open ("python:3") or has no version takes it from the family's
 * default.
 */
function nearest(kind: string, familyDefault: string, runtimes: readonly string[]): string {
  const [defaultMajor = 0, defaultMinor = 0] = versionOf(familyDefault);
  const [major = defaultMajor, minor = major === defaultMajor ? defaultMinor : 0] = versionOf(kind);
  const compare = (a: string, b: string): number => {
    const [majorA = 0, minorA = 0] = versionOf(a);
    const [majorB = 0, minorB = 0] = versionOf(b);
    const byMajor = Math.abs(majorA - major) - Math.abs(majorB - major);
    const byMinor = Math.abs(minorA - minor) - Math.abs(minorB - minor);
    return byMajor || byMinor || byVersion(b, a);
  };
  return runtimes.reduce((best, runtime) => (compare(runtime, best) < 0 ? runtime : best));
}

const isOf = (language: Language, kind: string): boolean => kind.split(":")[0] === language;

/** "python:3.11" → [3, 11]; [] when there is no version. */
function versionOf(kind: string): number[] {
  const version = kind.split(":")[1] ?? "";
  return version
    .split(".")
    .filter((part) => /^\d+$/.test(part))
    .map(Number);
}

function byVersion(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = versionOf(a);
  const [majorB = 0, minorB = 0] = versionOf(b);
  return majorA - majorB || minorA - minorB;
}

/** True for runtimes whose language can run several activations in one process at once. */
export function overlaps(runtime: string): boolean {
  return isOf("nodejs", runtime);
}
