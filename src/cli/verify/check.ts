/** One thing to look at. */
export interface Check {
  readonly what: string;
  /** Says what is missing, in plain words. What AWS does not find, or does not show, is thrown. */
  find(): Promise<readonly string[]>;
}

/** A problem, unless all is well. */
export const unless = (well: boolean | undefined, problem: string): string[] => (well ? [] : [problem]);

export interface Statement {
  readonly Sid?: string;
  readonly Effect?: string;
  readonly Action?: string | string[];
  readonly NotAction?: string | string[];
  readonly Resource?: string | string[];
  readonly Principal?: unknown;
  readonly Condition?: { readonly [operator: string]: { readonly [key: string]: string | string[] } };
}

export function statementsOf(policy: string | undefined): Statement[] {
  const { Statement: found = [] } = JSON.parse(policy || '{}') as { Statement?: Statement | Statement[] };
  return Array.isArray(found) ? found : [found];
}

/** IAM returns its documents encoded as in a URL. */
export const decoded = (policy: string | undefined): string => {
  const text = policy ?? '';
  return text.startsWith('%') ? decodeURIComponent(text) : text;
};

export const listOf = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** The values that a statement asks of a key, whatever the case of the key and the operator's prefixes. */
export function asked({ Condition = {} }: Statement, operator: RegExp, key: string): string[] {
  return Object.entries(Condition)
    .filter(([name]) => operator.test(name))
    .flatMap(([, keys]) => Object.entries(keys))
    .filter(([name]) => name.toLowerCase() === key.toLowerCase())
    .flatMap(([, value]) => listOf(value).map(String));
}
