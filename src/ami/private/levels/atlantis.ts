import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { AtlantisVersion } from '../../../server/atlantis-version';
import { mergeFlags } from '../../../server/private/server-flags';
import { programOf } from '../../../server/private/settings-flags';
import { Problems } from '../../../validation/problems';
import type { AtlantisLevelOptions } from '../../atlantis-level-options';
import { DataVolume } from '../../data-volume';
import type { ImageContext, LevelConfig, LevelParts } from '../level-config';
import { checkOptions } from './atlantis-checks';
import { credentialsService, dataService, secretsService, serverProgram, serverUnit, settingFiles } from './atlantis-components';
import { optionFlags, providerSources, renderConfig, renderSecrets, renderTargets, SERVER_PORT } from './atlantis-config';
import { checkFlags } from './atlantis-flag-checks';

/** The atlantis level. */
export class AtlantisLevel implements LevelParts {
  constructor(private readonly options: AtlantisLevelOptions) {}

  public validate(scope: Construct, _context: ImageContext, problems: Problems): void {
    checkOptions(scope, this.options, problems);
    checkFlags(scope, this.options, [], problems);
  }

  public bind(scope: Construct, { architecture }: ImageContext): LevelConfig {
    const { options } = this;
    const { version = AtlantisVersion.V0_47_1, port = SERVER_PORT, targetRoles = [], extraSettings = {} } = options;
    const providers = (options.vcs ?? []).map((provider) => provider._bind(scope));
    const problems = new Problems();
    checkFlags(scope, options, providers, problems);
    problems.throwIfAny();
    const secrets = [
      ...providerSources(providers.flatMap((provider) => provider.secrets)),
      ...(options.secrets ?? []).map((secret) => secret._bind()),
    ];
    const tls = options.tls?._bind();
    const volume = (options.dataVolume ?? DataVolume.ebs())._bind();
    const flags = mergeFlags(optionFlags(options), ...providers.map((provider) => provider.flags), extraSettings);
    const readable = [...secrets, ...(tls ? [tls.certificate, tls.key] : [])];
    return {
      components: [
        serverProgram(version.version, architecture, options.sha256),
        settingFiles({
          config: renderConfig(flags),
          secrets: renderSecrets(
            secrets.map(({ source }) => source),
            tls && { port, certificate: tls.certificate.source, key: tls.key.source },
          ),
          targets: renderTargets(targetRoles),
        }),
        secretsService(),
        credentialsService(),
        ...(volume ? [dataService(volume)] : []),
        serverUnit(port, tls !== undefined),
      ],
      dataVolume: volume,
      wantedProgram: programOf(options.settings ?? {}),
      grantRun: (grantee) => [
        ...readable.flatMap(({ grantRead }) => grantRead?.(grantee) ?? []),
        ...(targetRoles.length > 0
          ? [
              assumeTargetRoles(
                grantee,
                targetRoles.map(({ role }) => role.roleArn),
              ),
            ]
          : []),
      ],
    };
  }
}

/** All that the instance's role may do for Terraform. */
function assumeTargetRoles(grantee: iam.IGrantable, resourceArns: string[]): iam.Grant {
  const grant = iam.Grant.addToPrincipal({ grantee, actions: ['sts:AssumeRole'], resourceArns });
  for (const statement of grant.principalStatements) statement.sid = 'AssumeTargetRoles';
  return grant;
}
