import { TerraformStateBackend } from '@pepperize/cdk-terraform-state-backend';
import { App, Stack } from 'aws-cdk-lib';

/** The construct that comes closest: a bucket, a table and a policy that nothing is attached to. */
const stack = new Stack(new App(), 'Peer', { env: { account: '123456789012', region: 'us-east-1' } });
new TerraformStateBackend(stack, 'Backend', {});
