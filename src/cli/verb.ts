import type { ParseArgsConfig } from 'node:util';
import type { Terminal } from './terminal/terminal';

export interface Given {
  readonly values: { readonly [option: string]: string | boolean | readonly string[] | undefined };
  readonly positionals: readonly string[];
  readonly terminal: Terminal;
  /** The directory that the command runs in. */
  readonly directory: string;
}

/** One thing that the command does. */
export interface Verb {
  /** What follows its name. */
  readonly usage: string;
  readonly summary: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** Does it. What is returned is the exit code. */
  run(given: Given): Promise<number>;
}

/** Options that every verb has. */
export const COMMON: Verb['options'] = {
  profile: { type: 'string' },
  'code-stdin': { type: 'boolean' },
  yes: { type: 'boolean' },
  help: { type: 'boolean' },
};

export function text({ values }: Given, option: string): string | undefined {
  const value = values[option];
  return typeof value === 'string' ? value : undefined;
}

export const flag = ({ values }: Given, option: string): boolean => values[option] === true;

export function texts({ values }: Given, option: string): readonly string[] {
  const value = values[option];
  return Array.isArray(value) ? value : [];
}

/** How credentials are looked for. */
export const accessOptions = (given: Given) => ({ profile: text(given, 'profile') });
