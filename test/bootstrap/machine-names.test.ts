import { GithubJob, TerraformRunner, TerraformSecrets } from '../../src';
import { Problems } from '../../src/validation/problems';
import { MachineStack } from './machines';

/** Characters that names have, and those that mean something in a policy, a pattern, a path or a text. */
const CHARACTERS = [...'abcXYZ019-_./:@#+*?{$}[]()\\"\'`|&;<>=!,~^% \n\té\u202e\0'];
const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000);

/** Names that are mostly harmless, so that some get through. */
function* hostileNames(count: number): Generator<string> {
  let state = seed;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let i = 0; i < count; i++) {
    const range = next(2) === 0 ? 12 : CHARACTERS.length;
    yield Array.from({ length: 1 + next(8) }, () => CHARACTERS[next(range)]).join('');
  }
}

const { stack } = new MachineStack();

function isAccepted(runner: TerraformRunner): boolean {
  const problems = new Problems();
  runner._validate(stack, problems);
  try {
    problems.throwIfAny();
    return true;
  } catch {
    return false;
  }
}

const SAFE = /^[A-Za-z0-9_@#+.\-/]+$/;

function accepted(count: number, accepts: (name: string) => boolean): string[] {
  const taken = [...hostileNames(count)].filter(accepts);
  expect(taken.length).toBeGreaterThan(count / 100);
  return taken;
}

describe(`random names (FUZZ_SEED=${seed})`, () => {
  test.each<[string, (name: string) => TerraformRunner]>([
    [
      'a branch of GitHub',
      (name) => TerraformRunner.githubActions({ owner: 'a', repository: 'b', states: ['s'], plan: [GithubJob.branch(name)] }),
    ],
    ['an owner on GitHub', (name) => TerraformRunner.githubActions({ owner: name, repository: 'b', states: ['s'] })],
    ['a repository on GitHub', (name) => TerraformRunner.githubActions({ owner: 'a', repository: name, states: ['s'] })],
    ['a project of GitLab', (name) => TerraformRunner.gitlab({ name: 'n', project: `a/${name}`, states: ['s'] })],
    ['a branch of GitLab', (name) => TerraformRunner.gitlab({ project: 'a/b', states: ['s'], applyBranches: [name] })],
    ['an audience', (name) => TerraformRunner.gitlab({ project: 'a/b', states: ['s'], audience: `a${name}` })],
  ])('%s that is accepted has no character that means something in a policy', (what, runner) => {
    const taken = accepted(400, (name) => isAccepted(runner(name)));
    const allowed = what === 'an audience' ? /^[A-Za-z0-9_@.:\-/]+$/ : SAFE;
    expect(taken.filter((name) => !allowed.test(name))).toEqual([]);
  });

  test('a service that is accepted stays at its place in a policy', () => {
    const given = new MachineStack();
    const store = TerraformSecrets.chamber()._bind(given.stack, given)?.store;
    const role = given.roleNamed('machine');
    const taken = accepted(1000, (name) => {
      try {
        store?.grantRead(role, name);
        return true;
      } catch {
        return false;
      }
    });
    expect(taken.filter((name) => !SAFE.test(name) || name.startsWith('/') || name.split('/').some((part) => /^\.*$/.test(part)))).toEqual(
      [],
    );
  });
});
