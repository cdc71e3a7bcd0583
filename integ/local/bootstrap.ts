import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EmulatorApi } from './emulator-api';
import { text } from './emulator-api';
import { Failure } from './progress';

const STACK = 'CDKToolkit';
const PATIENCE = 120_000;

/** The template with which the pinned AWS CDK command would bootstrap. */
function template(): string {
  const cli = path.dirname(require.resolve('aws-cdk/package.json'));
  return fs.readFileSync(path.join(cli, 'lib', 'api', 'bootstrap', 'bootstrap-template.yaml'), 'utf8');
}

/** What `cdk bootstrap` gives for parameters when it is not told otherwise. */
const PARAMETERS = {
  FileAssetsBucketKmsKeyId: 'AWS_MANAGED_KEY',
  PublicAccessBlockConfiguration: 'true',
  CloudFormationExecutionPolicies: 'arn:aws:iam::aws:policy/AdministratorAccess',
};

/** Does what `cdk bootstrap` does, in a fraction of its time, so that `cdk deploy` finds its bucket and its roles. */
export async function bootstrapRegion(api: EmulatorApi): Promise<void> {
  const call = (action: string, parameters: Record<string, string>) =>
    api.query('cloudformation', '2010-05-15', action, { StackName: STACK, ...parameters });
  const parameters = Object.entries(PARAMETERS).flatMap(([key, value], index) => [
    [`Parameters.member.${index + 1}.ParameterKey`, key],
    [`Parameters.member.${index + 1}.ParameterValue`, value],
  ]);
  await call('CreateStack', {
    TemplateBody: template(),
    'Capabilities.member.1': 'CAPABILITY_NAMED_IAM',
    ...Object.fromEntries(parameters),
  });
  for (const deadline = performance.now() + PATIENCE; performance.now() < deadline; await sleep(100)) {
    const stack = await call('DescribeStacks', {});
    const status = text(stack, 'Stacks/member/StackStatus');
    if (status === 'CREATE_COMPLETE') return;
    if (!status.endsWith('_IN_PROGRESS')) {
      throw new Failure(`The emulated account cannot be bootstrapped: ${status} ${text(stack, 'Stacks/member/StackStatusReason')}`);
    }
  }
  throw new Failure('The emulated account was not bootstrapped in time.');
}
