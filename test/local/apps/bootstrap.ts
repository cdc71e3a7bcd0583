/**
 * The bootstrap of examples/bootstrap, with both locks, a machine, and codes that are good for less long. With the argument `again` it is
 * the same bootstrap after a change of its buckets, of their policies, and of who works with it.
 */
import { App, Duration, Stack, Tags } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { SecureTerraformBootstrap, StateLocks, StateStorage, TerraformPeople, TerraformRunner } from '../../../src';

const again = process.argv[2] === 'again';
const app = new App();
const stack = new Stack(app, 'TerraformBootstrap');

const bootstrap = new SecureTerraformBootstrap(stack, 'Bootstrap', {
  people: TerraformPeople.users(['martin.rosselle.terraform', 'anna.terraform', ...(again ? ['new.terraform'] : [])]),
  runners: [TerraformRunner.githubActions({ owner: 'acme', repository: 'infrastructure', states: ['network/prod'] })],
  locks: StateLocks.both(),
  storage: StateStorage.managed({ keepVersions: Duration.days(again ? 400 : 200) }),
  unboundedRoles: ['legacy-*'],
  mfaMaxAge: Duration.seconds(60),
  outputs: true,
});

if (again) {
  Tags.of(stack).add('deployed', 'again');
  bootstrap.stateBucket.addToResourcePolicy(
    new PolicyStatement({
      sid: 'Again',
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: ['s3:GetObjectTorrent'],
      resources: [bootstrap.stateBucket.arnForObjects('*')],
    }),
  );
}
