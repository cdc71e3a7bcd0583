/** A bootstrap with both locks, and a role for each of the grants of one state, that everyone in the account may assume. */
import { App, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { BootstrapWatch, SecureTerraformBootstrap, StateLocks, TerraformSecrets } from '../../../src';

const app = new App();
const stack = new Stack(app, 'States');
const bootstrap = new SecureTerraformBootstrap(stack, 'Bootstrap', {
  locks: StateLocks.both(),
  watch: BootstrapWatch.none(),
  secrets: TerraformSecrets.none(),
  outputs: true,
});
const state = bootstrap.state('network/prod');
const role = (roleName: string) => new Role(stack, roleName, { roleName, assumedBy: new AccountRootPrincipal() });

state.grantRead(role('reads'));
state.grantPlan(role('plans'));
state.grantApply(role('applies'));
state.grantAdminister(role('administers'));
bootstrap.state('network/dev').grantApply(role('another'));
