/** Something that jsii accepts although it degrades in Python, Java, .NET or Go, or that the CDK design guidelines advise against. */
export interface Finding {
  /** `Class.member(parameter)`, without the package's name. */
  readonly where: string;
  readonly rule: string;
  readonly message: string;
}

export type Report = (where: string, rule: string, message: string) => void;

/** Collects findings, each once, in a stable order. */
export function collect(lint: (report: Report) => void): Finding[] {
  const found = new Map<string, Finding>();
  lint((where, rule, message) => found.set(`${where} ${rule}`, { where, rule, message }));
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, finding]) => finding);
}
