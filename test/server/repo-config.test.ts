import { RepoConfig } from '../../src';
import { environmentOf, synthesize } from '../synthesized';

describe('RepoConfig.lockedDown', () => {
  const environment = environmentOf(synthesize(() => ({ repoConfig: RepoConfig.lockedDown() })).template);
  const config = JSON.parse(environment.ATLANTIS_REPO_CONFIG_JSON as string);

  test('one rule is for every repository', () => {
    expect(config.repos).toHaveLength(1);
    expect(config.repos[0].id).toBe('/.*/');
  });

  test('an apply needs an approved and mergeable pull request with the newest base', () => {
    expect(config.repos[0].apply_requirements).toEqual(['approved', 'mergeable', 'undiverged']);
  });

  test('an import needs the same as an apply', () => {
    expect(config.repos[0].import_requirements).toEqual(['approved', 'mergeable', 'undiverged']);
  });

  test('a repository can override nothing', () => {
    expect(config.repos[0].allowed_overrides).toEqual([]);
  });

  test('a repository can define no workflow', () => {
    expect(config.repos[0].allow_custom_workflows).toBe(false);
  });

  test('pull requests are checked out merged with their base branch', () => {
    expect(environment.ATLANTIS_CHECKOUT_STRATEGY).toBe('merge');
  });

  test.each([
    'ATLANTIS_ALLOW_FORK_PRS',
    'ATLANTIS_ALLOW_COMMANDS',
    'ATLANTIS_VAR_FILE_ALLOWLIST',
    'ATLANTIS_API_SECRET',
    'ATLANTIS_REPO_CONFIG',
  ])('%s is left to the server, whose default is closed', (name) => {
    expect(environment).not.toHaveProperty(name);
  });
});
