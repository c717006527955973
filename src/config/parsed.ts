/** Outcome of reading one value: what it is, or everything that is wrong with it. */
export type Parsed<T> = { readonly value: T } | { readonly problems: readonly string[] };

export function problem(text: string): { readonly problems: readonly string[] } {
  return { problems: [text] };
}

/** A value as it is quoted in a problem: short, on one line. */
export function quote(raw: unknown): string {
  const text = JSON.stringify(raw) ?? String(raw);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
