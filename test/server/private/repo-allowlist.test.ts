import { CfnParameter, Fn } from 'aws-cdk-lib';
import { VcsProvider } from '../../../src';
import { environmentOf, refusalOf, secretNamed, synthesize } from '../../synthesized';

describe('the allowlist of repositories', () => {
  test('entries reach the server as one list with commas', () => {
    const { template } = synthesize(() => ({ repoAllowlist: ['github.com/acme/*', '!github.com/acme/secret'] }));
    expect(environmentOf(template).ATLANTIS_REPO_ALLOWLIST).toBe('github.com/acme/*,!github.com/acme/secret');
  });

  test('an empty list is refused, since the server does not start without one', () => {
    expect(refusalOf(() => ({ repoAllowlist: [] }))).toBe(
      '[Stack/Atlantis] repoAllowlist: got no entry, and the server does not start without one; give for example github.com/acme/*',
    );
  });

  test('a scheme is refused, since the server does not start with one', () => {
    expect(refusalOf(() => ({ repoAllowlist: ['https://github.com/acme/*'] }))).toBe(
      '[Stack/Atlantis] repoAllowlist[0]: got "https://github.com/acme/*"; the server does not start with a scheme in it; leave out what stands before the host',
    );
  });

  test.each(['github.com/acme/a,github.com/acme/b', 'github.com/acme/a github.com/acme/b', ' github.com/acme/a'])(
    '"%s" is refused as several entries in one',
    (entry) => {
      expect(refusalOf(() => ({ repoAllowlist: ['github.com/acme/*', entry] }))).toBe(
        `[Stack/Atlantis] repoAllowlist[1]: got "${entry}"; give one entry for each repository, without commas or spaces`,
      );
    },
  );

  test.each(['*', '!*', 'github.com/*', 'gitea.com/*', 'GitHub.com/*'])(
    '"%s" is refused, since it is about every repository of everybody',
    (entry) => {
      expect(refusalOf(() => ({ repoAllowlist: [entry] }))).toBe(
        `[Stack/Atlantis] repoAllowlist[0]: got "${entry}"; every repository of everybody would be planned here; name the host and the owner`,
      );
    },
  );

  test.each(['github.com/acme/*-infra', '!github.com/acme/*/x', 'github.com/*/*', '*/acme/infra'])(
    '"%s" is refused, since the server ignores what stands before a star that is not the last character',
    (entry) => {
      expect(refusalOf(() => ({ repoAllowlist: [entry] }))).toBe(
        `[Stack/Atlantis] repoAllowlist[0]: got "${entry}"; the server compares only what follows a * in the middle, so other owners would match; put the only * at the end`,
      );
    },
  );

  test('upper and lower case of an entry are the same, as they are to the server', () => {
    expect(() => synthesize(() => ({ repoAllowlist: ['GitHub.com/Acme/*'] }))).not.toThrow();
  });

  test.each(['acme/*', 'gitlab.com/acme/*', 'github.com', 'github.community/acme/*', ''])(
    '"%s" is refused, since no repository of the provider can match it',
    (entry) => {
      expect(refusalOf(() => ({ repoAllowlist: [entry] }))).toBe(
        `[Stack/Atlantis] repoAllowlist[0]: got "${entry}"; it matches no repository of the given providers; start it with github.com/`,
      );
    },
  );

  test('with two providers, an entry may be of either, and the message names both', () => {
    const two = (repoAllowlist: string[]) => (scope: Parameters<typeof secretNamed>[0]) => ({
      repoAllowlist,
      vcs: [
        VcsProvider.github({ user: 'a', credentials: secretNamed(scope, 'github'), hostname: 'ghe.example.com:8443' }),
        VcsProvider.gitea({ user: 'a', credentials: secretNamed(scope, 'gitea'), baseUrl: 'https://gitea.example.com:3000/git' }),
      ],
    });
    expect(() => synthesize(two(['ghe.example.com/acme/*', '!gitea.example.com/acme/x']))).not.toThrow();
    expect(refusalOf(two(['github.com/acme/*']))).toBe(
      '[Stack/Atlantis] repoAllowlist[0]: got "github.com/acme/*"; it matches no repository of the given providers; start it with ghe.example.com/ or gitea.example.com/',
    );
  });

  test('an entry that only the deployment knows passes', () => {
    const { template } = synthesize((scope) => ({ repoAllowlist: [new CfnParameter(scope, 'Entry').valueAsString] }));
    expect(environmentOf(template).ATLANTIS_REPO_ALLOWLIST).toEqual({ Ref: 'Entry' });
  });

  test('a list that only the deployment knows passes', () => {
    const { template } = synthesize((scope) => ({
      repoAllowlist: new CfnParameter(scope, 'Entries', { type: 'CommaDelimitedList' }).valueAsList,
    }));
    expect(environmentOf(template).ATLANTIS_REPO_ALLOWLIST).toEqual({ 'Fn::Join': [',', { Ref: 'Entries' }] });
  });

  test('with a host that only the deployment knows, any entry passes', () => {
    const given = (scope: Parameters<typeof secretNamed>[0]) => ({
      vcs: [VcsProvider.gitea({ user: 'a', credentials: secretNamed(scope, 'gitea'), baseUrl: Fn.importValue('forge') })],
      repoAllowlist: ['git.example.com/acme/*'],
    });
    expect(environmentOf(synthesize(given).template)).toMatchObject({
      ATLANTIS_REPO_ALLOWLIST: 'git.example.com/acme/*',
      ATLANTIS_GITEA_BASE_URL: { 'Fn::ImportValue': 'forge' },
    });
  });
});
