import { App, Stack } from 'aws-cdk-lib';
import { SecureTerraformBootstrap, TerraformPeople } from '../../src';

/** All defaults, for as many people as the environment says. */
const count = Number(process.env.BENCH_PEOPLE ?? 1);
const people = Array.from({ length: count }, (_, i) => `first.last-${`${i}`.padStart(3, '0')}.terraform`);
const stack = new Stack(new App(), 'Bootstrap', { env: { account: '123456789012', region: 'us-east-1' } });
new SecureTerraformBootstrap(stack, 'Bootstrap', { people: TerraformPeople.users(people) });
