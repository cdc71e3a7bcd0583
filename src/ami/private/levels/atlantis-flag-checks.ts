import { Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { AtlantisVersion } from '../../../server/atlantis-version';
import type { VcsProviderConfig } from '../../../server/private/provider-config';
import type { Problems } from '../../../validation/problems';
import type { AtlantisLevelOptions } from '../../atlantis-level-options';
import { optionFlags } from './atlantis-config';
import { KNOWN, NUMBERS, OPTION_OF, OWN, SECRETS, SWITCHES } from './atlantis-flags';

/** Checks where each flag comes from, and that it comes from one place. */
export function checkFlags(scope: Construct, options: AtlantisLevelOptions, vcs: readonly VcsProviderConfig[], problems: Problems): void {
  const checks = new FlagChecks(scope, problems, options.version);
  checks.take(Object.keys(optionFlags(options)), (flag) => OPTION_OF[flag] ?? 'the library');
  vcs.forEach(({ flags, secrets }, i) => {
    checks.take([...Object.keys(flags), ...secrets.map(({ flag }) => flag)], () => `vcs[${i}]`);
  });
  checks.checkExtra(options);
  options.secrets?.forEach((secret, i) => {
    const property = `atlantis.secrets[${i}]`;
    secret._validate(scope, property, problems);
    checks.checkSecret(property, secret._bind().flags);
  });
}

class FlagChecks {
  private readonly setBy = new Map<string, string>();
  private readonly version: string;

  constructor(
    private readonly scope: Construct,
    private readonly problems: Problems,
    version: AtlantisVersion = AtlantisVersion.V0_47_1,
  ) {
    this.version = version.version;
  }

  /** Flags that are set by something that is checked elsewhere. */
  public take(flags: readonly string[], setBy: (flag: string) => string): void {
    for (const flag of flags) this.setBy.set(flag, setBy(flag));
  }

  public checkExtra({ extraSettings = {}, repoConfig }: AtlantisLevelOptions): void {
    for (const [flag, value] of Object.entries(extraSettings)) {
      const property = `atlantis.extraSettings["${flag}"]`;
      const wrong = this.wrongWith(flag, value);
      if (wrong) this.problems.add(this.scope, property, wrong);
      else if (repoConfig && flag.startsWith('repo-config'))
        this.problems.add(this.scope, property, 'is set by repoConfig too; leave one out');
      else this.setOnce(property, flag);
    }
  }

  /** Flags of something that brings its value when the server starts. */
  public checkSecret(property: string, flags: readonly string[]): void {
    for (const flag of flags) {
      if (OWN.has(flag)) this.problems.add(this.scope, property, `sets ${flag}, which the image itself decides; leave it out`);
      else if (this.isUnknown(flag))
        this.problems.add(this.scope, property, `sets ${flag}, which is no flag of Atlantis ${this.version}; correct its name`);
      else this.setOnce(property, flag);
    }
  }

  private setOnce(property: string, flag: string): void {
    const owner = this.setBy.get(flag);
    if (owner) this.problems.add(this.scope, property, `${flag} is set by ${owner} already; leave one out`);
    this.setBy.set(flag, property);
  }

  private wrongWith(flag: string, value: string): string | undefined {
    if (SECRETS.includes(flag)) return 'is a secret, and never in the image: give it as a StartSecret';
    if (OPTION_OF[flag]) return `has an option of its own; give ${OPTION_OF[flag]}`;
    if (OWN.has(flag)) return 'is what the image itself decides; leave it out';
    if (this.isUnknown(flag)) return `is no flag of Atlantis ${this.version}; correct its name`;
    if (Token.isUnresolved(value)) return undefined;
    if (SWITCHES.includes(flag) && !['true', 'false'].includes(value)) return `got "${value}"; give true or false`;
    if (NUMBERS.includes(flag) && !/^\d+$/.test(value)) return `got "${value}"; give a whole number`;
    if (value.includes('{{'))
      return 'has two opening braces in a row, which Image Builder takes for a parameter; give it when the server starts';
    return undefined;
  }

  private isUnknown(flag: string): boolean {
    return !KNOWN.has(flag) && (this.version === AtlantisVersion.V0_47_1.version || !/^[a-z][a-z0-9-]*$/.test(flag));
  }
}
