import * as iam from 'aws-cdk-lib/aws-iam';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import type { Names } from './names';
import { revocation, revocationName } from './revocation-policy';

/** Before any session: a policy has to be in the stack for the role to be deleted with it. */
const NEVER = '1970-01-01T00:00:00Z';

/**
 * A state machine for each person which ends their sessions of the terraform role, and takes no input: which person it is for stands in its
 * definition, so the permission to start it is the permission to end these sessions and no others. It has no code to trust or patch.
 *
 * CloudFormation writes a policy again only when the template changed it, so a redeploy leaves what a state machine wrote.
 */
export class Revocation extends Construct {
  constructor(scope: Construct, id: string, role: iam.Role, people: readonly string[], names: Names) {
    super(scope, id);
    if (people.length === 0) return;
    const revoker = new iam.Role(this, 'Role', {
      roleName: names.revoker,
      path: names.path,
      description: 'Writes the policies that end sessions of the terraform role',
      assumedBy: new iam.ServicePrincipal('states.amazonaws.com'),
      inlinePolicies: {
        EndSessions: new iam.PolicyDocument({
          statements: [new iam.PolicyStatement({ sid: 'EndSessions', actions: ['iam:PutRolePolicy'], resources: [role.roleArn] })],
        }),
      },
    });
    for (const person of people) {
      const declared = new iam.Policy(this, `Sessions${person}`, {
        policyName: revocationName(person),
        document: iam.PolicyDocument.fromJson(revocation(role.roleId, person, NEVER)),
        roles: [role],
      });
      const machine = new sfn.StateMachine(this, `End${person}`, {
        stateMachineName: names.stateMachine(person),
        comment: `Ends the sessions of ${person} that are begun so far`,
        role: revoker.withoutPolicyUpdates(),
        definitionBody: sfn.DefinitionBody.fromChainable(endSessions(this, role, person)),
      });
      // a revocation that came first would be written over
      machine.node.addDependency(declared);
    }
  }
}

function endSessions(scope: Construct, role: iam.Role, person: string): sfn.IChainable {
  const write = new sfn.Pass(scope, `Write${person}`, {
    stateName: 'WritePolicy',
    parameters: { policy: revocation(role.roleId, person, sfn.JsonPath.stateEnteredTime) },
  });
  const put = new tasks.CallAwsService(scope, `Put${person}`, {
    stateName: 'PutPolicy',
    service: 'iam',
    action: 'putRolePolicy',
    iamResources: [role.roleArn],
    parameters: {
      RoleName: role.roleName,
      PolicyName: revocationName(person),
      PolicyDocument: sfn.JsonPath.jsonToString(sfn.JsonPath.objectAt('$.policy')),
    },
  });
  put.addRetry({ errors: ['Iam.ConcurrentModificationException', 'Iam.ServiceFailureException'], maxAttempts: 5 });
  return write.next(put);
}
