import { App, Stack } from 'aws-cdk-lib';
import { SecureTerraformBootstrap, TerraformPeople, TerraformRunner } from '../../src';

const app = new App();
const stack = new Stack(app, 'TerraformBootstrap');

new SecureTerraformBootstrap(stack, 'Bootstrap', {
  people: TerraformPeople.users(['martin.rosselle.terraform', 'anna.terraform']),
  runners: [TerraformRunner.githubActions({ owner: 'acme', repository: 'infrastructure', states: ['network/prod'] })],
});
