import { Aws, Fn } from 'aws-cdk-lib';
import { InstanceArchitecture } from 'aws-cdk-lib/aws-ec2';
import type { SsmAgentRelease } from '../ssm-agent-release';
import { FILES } from './files';

/** Where Image Builder works on the machine, and looks for what the user data left for it. */
export const WORKING_DIRECTORY = '/var/tmp';

/**
 * Installs the agent when the machine starts.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/agent-install-deb.html
 */
export function ssmAgentUserData({ version, sha256 }: SsmAgentRelease, architecture: InstanceArchitecture): string {
  const folder = architecture === InstanceArchitecture.ARM_64 ? 'debian_arm64' : 'debian_amd64';
  const url = `https://s3.${Aws.REGION}.${Aws.URL_SUFFIX}/amazon-ssm-${Aws.REGION}/${version}/${folder}/amazon-ssm-agent.deb`;
  return Fn.base64(
    `#!/bin/bash\nexport URL='${url}' SHA256='${sha256}' WORKING_DIRECTORY='${WORKING_DIRECTORY}'\n${FILES['install-ssm-agent.sh']}`,
  );
}
