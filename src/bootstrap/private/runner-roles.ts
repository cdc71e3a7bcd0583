import { Duration, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { RunnerConfig, RunnerContext, RunnerState } from './runner-config';

/** What all runners have, whoever they are. */
export interface RunnerSpec {
  readonly name: string;
  readonly states: string[];
  readonly readStates: string[];
  readonly planPolicies?: iam.IManagedPolicy[];
  readonly planReads: string[];
  readonly perimeter: iam.PolicyStatement[];
}

/** Who may take which role. */
export interface RunnerTrust {
  readonly plan?: iam.IPrincipal;
  readonly apply?: iam.IPrincipal;
  readonly oidcProviderArns: string[];
}

/** The longest name that IAM gives a role. */
const ROLE_NAME_LENGTH = 64;

/** Calls that return what people stored, and not how a resource is set up; a plan of an untrusted change could carry it away. */
const CONTENTS = [
  's3:GetObject',
  's3:GetObjectVersion',
  'ssm:GetParameter',
  'ssm:GetParameters',
  'ssm:GetParametersByPath',
  'ssm:GetParameterHistory',
  'secretsmanager:GetSecretValue',
  'secretsmanager:BatchGetSecretValue',
  'dynamodb:GetItem',
  'dynamodb:BatchGetItem',
  'dynamodb:Query',
  'dynamodb:Scan',
  'dynamodb:PartiQLSelect',
  'dynamodb:GetRecords',
  'logs:GetLogEvents',
  'logs:GetLogRecord',
  'logs:FilterLogEvents',
  'logs:StartQuery',
  'logs:GetQueryResults',
  'logs:StartLiveTail',
  'sqs:ReceiveMessage',
  'kinesis:GetRecords',
  'athena:GetQueryResults',
  'ecr:BatchGetImage',
  'ecr:GetDownloadUrlForLayer',
  'codecommit:GitPull',
  'codecommit:GetBlob',
  'codecommit:GetFile',
  'rds:DownloadDBLogFilePortion',
  'ec2:GetPasswordData',
  'ec2:GetConsoleOutput',
];

/** The roles of a runner: one that only plans, and one that applies. */
export function makeRoles(scope: Construct, spec: RunnerSpec, trust: RunnerTrust, context: RunnerContext): RunnerConfig {
  const { names, problems } = context;
  const longest = names.runnerRole(spec.name, 'apply');
  if (!Token.isUnresolved(longest) && longest.length > ROLE_NAME_LENGTH) {
    problems.add(
      scope,
      `runners[${spec.name}].name`,
      `makes the role name "${longest}" of ${longest.length} characters; give one that leaves at most 64`,
    );
    return { oidcProviderArns: [] };
  }
  const planRole = trust.plan && makePlanRole(scope, spec, trust.plan, context);
  const applyRole = trust.apply && makeApplyRole(scope, spec, trust.apply, context);
  return { planRole, applyRole, oidcProviderArns: trust.oidcProviderArns };
}

function makePlanRole(scope: Construct, spec: RunnerSpec, principal: iam.IPrincipal, context: RunnerContext): iam.Role {
  const role = makeRole(scope, spec, 'plan', principal, context);
  const states = [...spec.states, ...spec.readStates].map((name) => context.state(name));
  for (const policy of spec.planPolicies ?? [iam.ManagedPolicy.fromAwsManagedPolicyName('ReadOnlyAccess')]) role.addManagedPolicy(policy);
  for (const state of states) state.grantRead(role);
  role.addToPolicy(refuseContents(scope, states, spec.planReads));
  return role;
}

function makeApplyRole(scope: Construct, spec: RunnerSpec, principal: iam.IPrincipal, context: RunnerContext): iam.Role {
  const role = makeRole(scope, spec, 'apply', principal, context);
  context.permit(role);
  for (const name of spec.states) context.state(name).grantApply(role);
  for (const name of spec.readStates) context.state(name).grantRead(role);
  return role;
}

function makeRole(
  scope: Construct,
  spec: RunnerSpec,
  kind: 'plan' | 'apply',
  assumedBy: iam.IPrincipal,
  { names, boundary }: RunnerContext,
): iam.Role {
  const role = new iam.Role(scope, `Runner ${spec.name} ${kind}`, {
    roleName: names.runnerRole(spec.name, kind),
    path: names.path,
    description: kind === 'plan' ? `Plans of ${spec.name}: reads, and writes nothing` : `Applies of ${spec.name}`,
    assumedBy,
    permissionsBoundary: boundary,
    maxSessionDuration: Duration.hours(1),
  });
  for (const statement of spec.perimeter) role.addToPolicy(statement);
  return role;
}

/** ReadOnlyAccess holds `s3:Get*` and `ssm:Get*`, and so every state of the account. */
function refuseContents(scope: Construct, states: RunnerState[], planReads: string[]): iam.PolicyStatement {
  const stack = Stack.of(scope);
  const objects = states.flatMap(({ bucket, key }) => [bucket.arnForObjects(key), bucket.arnForObjects(`env:/*/${key}`)]);
  return new iam.PolicyStatement({
    sid: 'RefuseContents',
    effect: iam.Effect.DENY,
    actions: CONTENTS,
    notResources: [
      ...objects,
      // what AWS publishes, such as the newest machine images
      stack.formatArn({ service: 'ssm', account: '', resource: 'parameter', resourceName: 'aws/service/*' }),
      ...planReads,
    ],
  });
}
