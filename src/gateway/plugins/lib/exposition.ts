/** Metrics as Prometheus reads them (text format 0.0.4). */

export type Sample = {
  /** name and value in turn */
  readonly labels: readonly string[];
  readonly value: number;
  /** Follows the metric's name: "_bucket". */
  readonly suffix?: string;
};

export type MetricFamily = {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly samples: Iterable<Sample>;
};

/** Families without a sample are left out. */
export function exposition(families: readonly MetricFamily[]): string {
  return families.map(familyText).join("");
}

function familyText({ name, help, type, samples }: MetricFamily): string {
  let text = "";
  for (const { labels, value, suffix = "" } of samples) {
    text += `${name}${suffix}${labelText(labels)} ${numberText(value)}\n`;
  }
  return text === "" ? "" : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${text}`;
}

function labelText(labels: readonly string[]): string {
  const parts: string[] = [];
  for (let at = 0; at < labels.length; at += 2) {
    parts.push(`${labels[at]}="${escapeValue(labels[at + 1] ?? "")}"`);
  }
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}

function escapeValue(value: string): string {
  if (!/["\\\n]/.test(value)) return value;
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}
