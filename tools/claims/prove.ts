import * as path from 'node:path';
import { type Claim, editsOf, isSlow, type Kind, type Target, targetOf } from './claim';
import type { Outcome, TestResult } from './outcome';
import { isBatched, run } from './proof';
import { PatchError, Workspace } from './workspace';

export interface Verdict {
  readonly claim: Claim;
  /** Undefined when the test is green, and red with the patch. */
  readonly problem?: string;
  readonly seconds: number;
}

export interface Options {
  readonly root: string;
  /** Holds the copies of the tree, and keeps them for the next time. */
  readonly copies: string;
  readonly workers: number;
  readonly onVerdict?: (verdict: Verdict) => void;
}

/** Shows for each claim that its test is green, and that its patch turns it red. Slow ones are proven one at a time. */
export async function prove(claims: readonly Claim[], options: Options): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  const add = (verdict: Verdict) => {
    verdicts.push(verdict);
    options.onVerdict?.(verdict);
  };
  const clean = await Workspace.of(options.root, path.join(options.copies, 'clean'));
  const green: Claim[] = [];
  for (const kind of new Set(claims.map(({ test }) => test.kind))) {
    const ofKind = claims.filter(({ test }) => test.kind === kind);
    const passing = await greenOf(kind, ofKind, clean);
    for (const [claim, problem] of passing) {
      if (problem) add({ claim, problem, seconds: 0 });
      else green.push(claim);
    }
  }

  const queue = green.filter((claim) => !isSlow(claim));
  const workers = Array.from({ length: Math.min(options.workers, queue.length) }, async (_, index) => {
    const workspace = await Workspace.of(options.root, path.join(options.copies, `${index}`));
    for (let claim = queue.shift(); claim; claim = queue.shift()) add(await judge(claim, workspace));
  });
  await Promise.all(workers);
  for (const claim of green.filter(isSlow)) add(await judge(claim, await Workspace.of(options.root, path.join(options.copies, 'slow'))));
  return verdicts;
}

/** Runs every test of a kind once, without a patch, and says of each claim what is wrong with it so far. */
async function greenOf(kind: Kind, claims: readonly Claim[], clean: Workspace): Promise<Map<Claim, string | undefined>> {
  const targets = [...new Map(claims.map((claim) => [claim.test.run, targetOf(claim)])).values()];
  const batches: Target[][] = isBatched(kind) ? [targets] : targets.map((target) => [target]);
  const outcomes: Outcome[] = [];
  for (const batch of batches) outcomes.push(await run(kind, clean.directory, batch));
  return new Map(
    claims.map((claim) => {
      const found = outcomes.flatMap((outcome) => matching(outcome, claim));
      const broken = outcomes.map((outcome) => outcome.broken).find((text) => text);
      if (found.length === 0) return [claim, `no test ran by the name of ${claim.test.run}${broken ? `: ${firstLines(broken)}` : ''}`];
      const failed = found.find(({ passed }) => !passed);
      return [claim, failed ? `its test is red without the patch: ${firstLines(failed.why)}` : undefined];
    }),
  );
}

async function judge(claim: Claim, workspace: Workspace): Promise<Verdict> {
  const started = performance.now();
  const verdict = (problem?: string) => ({ claim, problem, seconds: (performance.now() - started) / 1000 });
  try {
    workspace.apply(editsOf(claim));
    const outcome = await run(claim.test.kind, workspace.directory, [targetOf(claim)]);
    const found = matching(outcome, claim);
    if (found.length === 0)
      return verdict(`the patch breaks the file rather than the test: ${firstLines(outcome.broken ?? 'no test ran')}`);
    if (found.every(({ passed }) => passed)) return verdict('its test stays green with the patch');
    const { expects = '' } = claim;
    if (!found.some(({ passed, why }) => !passed && why.includes(expects)))
      return verdict(`its test is red without saying ${JSON.stringify(expects)}: ${firstLines(found[0].why)}`);
    return verdict();
  } catch (problem) {
    if (problem instanceof PatchError) return verdict(`the patch does not apply: ${problem.message}`);
    throw problem;
  } finally {
    workspace.restore();
  }
}

function matching(outcome: Outcome, claim: Claim): TestResult[] {
  const { file, name } = targetOf(claim);
  return outcome.tests.filter((test) => test.file === file && test.name.includes(name));
}

function firstLines(text: string): string {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, 4)
    .join('\n    ');
}
