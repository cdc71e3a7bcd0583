import * as fs from 'node:fs';
import * as path from 'node:path';

/** How a claim is shown: a test within seconds, or one that takes minutes and is only sampled. */
export const QUICK = ['unit', 'semantic'] as const;
export const SLOW = ['plugin', 'local', 'integ', 'demo'] as const;
export type Kind = (typeof QUICK)[number] | (typeof SLOW)[number];

/** Those that are one run, without tests that have names. */
const WHOLE: readonly Kind[] = ['demo', 'integ'];

/** The replacement of one place in a file. */
export interface Edit {
  readonly file: string;
  /** Text that occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

/** A sentence, the test that shows it, and a change that must turn the test red. */
export interface Claim {
  readonly id: string;
  readonly claim: string;
  readonly test: {
    readonly kind: Kind;
    /** `<test file> -t <part of the test's name>`, of pytest `-k` rather than `-t`; of a demo its script, `demo` when left out. */
    readonly run: string;
  };
  readonly patch: Edit | readonly Edit[];
  /** Of a demo or an integration test, which fail as a whole: what the failed run must say, so that no other failure counts. */
  readonly expects?: string;
  /** Whether the proof rests on how the emulator behaves. */
  readonly emulated?: boolean;
}

/** What `run` names. */
export interface Target {
  readonly file: string;
  readonly name: string;
}

export function targetOf({ test }: Claim): Target {
  const [, file = '', name = ''] = /^(\S*)(?: -[tk] (.*))?$/s.exec(test.run) ?? [];
  return { file, name };
}

export function editsOf({ patch }: Claim): readonly Edit[] {
  return Array.isArray(patch) ? patch : [patch as Edit];
}

export function isSlow({ test }: Claim): boolean {
  return (SLOW as readonly string[]).includes(test.kind);
}

export function readClaims(root: string): Claim[] {
  return JSON.parse(fs.readFileSync(path.join(root, 'test/claims.json'), 'utf8')) as Claim[];
}

/** How often a text holds another. */
export function placesOf(find: string, text: string): number {
  return find === '' ? 0 : text.split(find).length - 1;
}

/** What is wrong with the list itself. */
export function problemsOf(claims: readonly Claim[], root: string): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const claim of claims) {
    const add = (problem: string) => problems.push(`${claim.id}: ${problem}`);
    if (seen.has(claim.id)) add('the id is given twice');
    seen.add(claim.id);
    if (!claim.claim?.trim()) add('says nothing');
    if (![...QUICK, ...SLOW].includes(claim.test.kind)) add(`"${claim.test.kind}" is no kind of test`);
    const { file, name } = targetOf(claim);
    if (claim.test.kind !== 'demo' && !fs.existsSync(path.join(root, file))) add(`there is no test ${file}`);
    if (name === '' && !WHOLE.includes(claim.test.kind)) add(`names no test of ${file}`);
    if (claim.expects !== undefined && !WHOLE.includes(claim.test.kind)) add('expects an output, which the name of its test stands for');
    if (claim.expects === '') add('expects an empty output');
    if (editsOf(claim).length === 0) add('has no patch');
    for (const { file: patched, find, replace } of editsOf(claim)) {
      if (!fs.existsSync(path.join(root, patched))) add(`there is no ${patched} to patch`);
      else if (placesOf(find, fs.readFileSync(path.join(root, patched), 'utf8')) !== 1)
        add(`${JSON.stringify(find)} is not at exactly one place in ${patched}`);
      if (patched === file) add('its patch changes the test itself');
      if (find === replace) add('its patch changes nothing');
    }
  }
  return problems;
}
