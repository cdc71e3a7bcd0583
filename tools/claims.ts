/**
 * `npm run claims -- [--all] [--only <id>]... [--sample <count>] [--fast <count>] [--seed <text>]`: applies the patch of each claim in
 * test/claims.json to a copy of this tree, and fails when the test that shows the claim stays green. Of those that take minutes it proves a
 * sample, and of the others all, or as many as asked for: the seed is the date, so that other days prove others.
 */
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { exclusively } from '../integ/local/lock';
import { Failure } from '../integ/local/progress';
import { type Claim, isSlow, problemsOf, readClaims } from './claims/claim';
import { prove, type Verdict } from './claims/prove';
import { sample } from './claims/sample';
import { copiesOf } from './claims/workspace';
import { runMain } from './main';

const ROOT = path.resolve(__dirname, '..');

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      all: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true },
      sample: { type: 'string', default: '6' },
      fast: { type: 'string' },
      seed: { type: 'string', default: new Date().toISOString().slice(0, 10) },
    },
  });
  const claims = readClaims(ROOT);
  const problems = problemsOf(claims, ROOT);
  if (problems.length > 0) throw new Failure(problems.join('\n'));

  const chosen = choose(claims, values, Number(values.sample), Number(values.fast ?? claims.length));
  const started = performance.now();
  const copies = path.join(copiesOf(ROOT), 'claims');
  const verdicts = await exclusively(`${copies}.lock`, () => prove(chosen, { root: ROOT, copies, workers: 2, onVerdict: print }));
  const red = verdicts.filter(({ problem }) => problem);
  const failed = red.length;
  if (failed > 0) console.log('failed:');
  red.forEach(print);
  console.log(`in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  console.log(`${verdicts.length - failed} passed, ${failed} failed`);
  return failed > 0 || verdicts.length === 0 ? 1 : 0;
}

interface Wishes {
  readonly all: boolean;
  readonly only?: readonly string[];
  readonly seed: string;
}

function choose(claims: readonly Claim[], { all, only, seed }: Wishes, count: number, fast: number): Claim[] {
  if (only) {
    const unknown = only.filter((id) => !claims.some((claim) => claim.id === id));
    if (unknown.length > 0) throw new Failure(`there is no claim ${unknown.join(', ')}`);
    return claims.filter(({ id }) => only.includes(id));
  }
  const slow = claims.filter(isSlow);
  const proven = all ? slow : sample(slow, count, seed);
  if (!all && slow.length > 0) {
    const named = proven.map(({ id }) => id).join(', ') || 'none';
    console.log(`of ${slow.length} claims that take minutes: ${named} (--seed ${seed}; --all proves all)`);
  }
  const others = claims.filter((claim) => !isSlow(claim));
  if (!all && fast < others.length) console.log(`of ${others.length} others: ${fast} (--seed ${seed}; without --fast all)`);
  return [...(all ? others : sample(others, fast, seed)), ...proven];
}

function print({ claim, problem, seconds }: Verdict) {
  const emulated = claim.emulated ? ', emulated' : '';
  console.log(
    `${problem ? '✕' : '✓'} ${claim.id} (${claim.test.kind}${emulated}, ${seconds.toFixed(1)} s)${problem ? `\n    ${problem}` : ''}`,
  );
}

runMain(main);
