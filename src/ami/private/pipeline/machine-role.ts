import { Aws } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

/** The role of a state machine, with all that it may do at one place; the steps add nothing to it. */
export function machineRole(scope: Construct, id: string, description: string, statements: iam.PolicyStatement[]): iam.Role {
  return new iam.Role(scope, id, {
    description,
    assumedBy: new iam.ServicePrincipal('states.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    }),
    inlinePolicies: { Steps: new iam.PolicyDocument({ statements }) },
  });
}
