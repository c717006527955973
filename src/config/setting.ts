/**
 * What one row of the settings table may say. Everything that users see of a setting (flag,
 * environment variable, place in the file, documentation, validation) is derived from its row.
 */
export type LimitsMode = "open" | "original";

/** What defaults may depend on. */
export type DefaultContext = {
  readonly limits: LimitsMode;
  /** Memory that this program may count on, in MB: the machine's, or its cgroup's. */
  readonly machineMemoryMb: number;
  /** Value of a setting that stands earlier in the table. */
  number(key: string): number;
  text(key: string): string;
};

/**
 * One value; one per limits mode; or computed, and then `text` says in words how (the generated
 * documentation must not depend on the machine that generates it).
 */
export type Default<T> =
  | { readonly value: T }
  | { readonly open: T; readonly original: T }
  | { readonly compute: (context: DefaultContext) => T; readonly text: string };

export type Prewarm = {
  readonly kind: string;
  readonly count: number;
  readonly memoryMb: number;
};

type Common = {
  /** Dotted, snake_case; the place in the file. */
  readonly key: string;
  /** Without dashes; default: the key with "-" for "." and "_". `null`: no flag (secrets). */
  readonly flag?: string | null;
  /** One-letter flag. */
  readonly short?: string;
  readonly secret?: true;
  /** What it is and what happens at the limit. */
  readonly doc: string;
  /** Why the default is what it is. */
  readonly reason: string;
};

export type IntSetting = Common & {
  readonly type: "int";
  readonly unit?: "ms" | "bytes" | "MB" | "per minute";
  readonly min: number;
  readonly max: number;
  /** Words accepted instead of a number, e.g. "off". */
  readonly words?: readonly string[];
  readonly default: Default<number | string>;
};
export type EnumSetting = Common & {
  readonly type: "enum";
  readonly values: readonly string[];
  readonly default: Default<string>;
};
export type TextSetting = Common & {
  readonly type: "text";
  /** host: a name or an address; url: of http or https, or a word */
  readonly holds: "host" | "url";
  /** Words accepted instead of a URL. */
  readonly words?: readonly string[];
  readonly default: Default<string>;
};
/** "~" is the home folder; a relative path counts from where it is written: file or shell. */
export type PathSetting = Common & {
  readonly type: "path";
  readonly words?: readonly string[];
  readonly default: Default<string>;
};
/** Texts joined by commas, or a list in the file. */
export type ListSetting = Common & {
  readonly type: "list";
  /** host: names and addresses; network: addresses, and networks such as 10.0.0.0/8 */
  readonly items: "host" | "network";
  readonly default: Default<readonly string[]>;
};
export type PrewarmSetting = Common & {
  readonly type: "prewarm";
  readonly default: Default<readonly Prewarm[]>;
};
/** Keys in base64, joined by commas or as a list; never shown. */
export type KeysSetting = Common & {
  readonly type: "keys";
  readonly keyBytes: number;
  readonly secret: true;
  readonly flag: null;
  readonly default: Default<readonly []>;
};
export type UsersSetting = Common & {
  readonly type: "users";
  readonly secret: true;
  readonly flag: null;
  readonly default: Default<readonly []>;
};

export type Setting =
  | IntSetting
  | EnumSetting
  | TextSetting
  | PathSetting
  | ListSetting
  | PrewarmSetting
  | KeysSetting
  | UsersSetting;

/** "api.body_bytes_max" → "MERINGUE_API_BODY_BYTES_MAX" */
export function envName(setting: Pick<Setting, "key">): string {
  return `MERINGUE_${setting.key.replaceAll(".", "_").toUpperCase()}`;
}

/** "api.body_bytes_max" → "api-body-bytes-max"; undefined for settings without a flag. */
export function flagName(setting: Pick<Setting, "key" | "flag">): string | undefined {
  if (setting.flag === null) return undefined;
  return setting.flag ?? setting.key.replace(/[._]/g, "-");
}
