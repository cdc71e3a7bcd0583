import { Duration, Tags, Token } from 'aws-cdk-lib';
import {
  BootstrapWatch,
  BreakGlass,
  type SecureTerraformBootstrapProps,
  StateLocks,
  StateReplication,
  StateStorage,
  TerraformPeople,
  TerraformRunner,
  TerraformSecrets,
} from '../../src';
import { BOUNDARY_LIMIT } from '../../src/bootstrap/private/boundary';
import { policyLength } from '../../src/bootstrap/private/policy-length';
import { deployed } from '../fargate/resolved';
import { ACCOUNT, onlyResource, REGION, resourcesOf } from '../synthesized';
import { type Bootstrapped, bootstrapped, refusalOfBootstrap } from './bootstrapped';

const outputsOf = ({ template }: Bootstrapped) => template.toJSON().Outputs as { [id: string]: { Value: unknown } };

/** What the command would read from the deployed stack. */
function manifestOf(made: Bootstrapped) {
  const [[, { Value }]] = Object.entries(outputsOf(made)).filter(([id]) => id.includes('Manifest'));
  return JSON.parse(deployed(made.template, Value));
}

const roleOf = ({ template }: Bootstrapped, name: string) =>
  Object.values(resourcesOf(template, 'AWS::IAM::Role')).find(({ Properties }) => Properties.RoleName === name)?.Properties;

const made = bootstrapped();

describe('without any prop', () => {
  test('SecureTerraformBootstrapProps.prefix left out is terraform', () => {
    expect(roleOf(made, 'terraform')).toMatchObject({ Path: '/terraform/' });
  });

  test('SecureTerraformBootstrapProps.storage left out makes two buckets for states', () => {
    expect(
      Object.keys(resourcesOf(made.template, 'AWS::S3::Bucket')).filter((id) => /State|Bootstrap/.test(id)).length,
    ).toBeGreaterThanOrEqual(2);
    expect(made.bootstrap.stateBucket).not.toBe(made.bootstrap.bootstrapBucket);
  });

  test('SecureTerraformBootstrapProps.locks left out keeps the lock beside the state', () => {
    expect(manifestOf(made).lock).toEqual({ kind: 'lockfile' });
  });

  test('SecureTerraformBootstrapProps.permissions left out is an administrator within the boundary', () => {
    const role = roleOf(made, 'terraform');
    expect(JSON.stringify(role?.ManagedPolicyArns)).toContain(':iam::aws:policy/AdministratorAccess');
    expect(made.template.toJSON().Resources[role?.PermissionsBoundary.Ref].Properties.ManagedPolicyName).toBe('terraform-boundary');
  });

  test('SecureTerraformBootstrapProps.mfaMaxAge left out is five minutes', () => {
    expect(JSON.stringify(roleOf(made, 'terraform')?.AssumeRolePolicyDocument)).toContain(
      '"NumericLessThanEquals":{"aws:MultiFactorAuthAge":"300"}',
    );
    expect(manifestOf(made).people.mfaMaxAge).toBe(300);
  });

  test('SecureTerraformBootstrapProps.people left out makes a group with nobody in it', () => {
    expect(onlyResource(made.template, 'AWS::IAM::Group').Properties.GroupName).toBe('terraform');
    expect(Object.keys(resourcesOf(made.template, 'AWS::IAM::User'))).toEqual([]);
    expect(Object.keys(resourcesOf(made.template, 'AWS::IAM::UserToGroupAddition'))).toEqual([]);
  });

  test('SecureTerraformBootstrapProps.runners left out makes no role for a machine', () => {
    expect(Object.keys(resourcesOf(made.template, 'AWS::IAM::OIDCProvider'))).toEqual([]);
  });

  test('SecureTerraformBootstrapProps.secrets left out is chamber with a key', () => {
    expect(manifestOf(made).secrets).toEqual({ kmsAlias: 'terraform-parameter-store', backend: 'SSM' });
  });

  test('SecureTerraformBootstrapProps.watch left out makes a trail', () => {
    expect(onlyResource(made.template, 'AWS::CloudTrail::Trail').Properties.IsLogging).toBe(true);
  });

  test('SecureTerraformBootstrapProps.breakGlass left out makes a role for users of a path of its own', () => {
    expect(JSON.stringify(roleOf(made, 'terraform-break-glass')?.AssumeRolePolicyDocument)).toContain(':user/terraform-break-glass/*');
  });

  test('SecureTerraformBootstrapProps.unboundedRoles left out keeps the roles of AWS and of the CDK', () => {
    const text = JSON.stringify(deployed(made.template, onlyResource(made.template, 'AWS::IAM::ManagedPolicy').Properties.PolicyDocument));
    for (const role of [
      'cdk-*',
      'OrganizationAccountAccessRole',
      'AWSControlTowerExecution',
      'AWSCloudFormationStackSet*',
      'aws-reserved/*',
    ])
      expect(text).toContain(`arn:aws:iam::*:role/${role}`);
  });

  test('SecureTerraformBootstrapProps.accountAlias left out leaves the alias as it is', () => {
    expect(manifestOf(made)).not.toHaveProperty('accountAlias');
  });

  test('SecureTerraformBootstrapProps.outputs left out gives the one output that the command reads', () => {
    expect(Object.keys(outputsOf(made))).toHaveLength(1);
  });
});

describe('the manifest', () => {
  test('names all that the command needs, and no secret', () => {
    const manifest = manifestOf(made);
    expect(manifest).toMatchObject({
      cdkAtlantis: 'bootstrap',
      version: 1,
      partition: 'aws',
      account: ACCOUNT,
      region: REGION,
      stack: 'Stack',
      prefix: 'terraform',
      role: `arn:aws:iam::${ACCOUNT}:role/terraform/terraform`,
      breakGlassRole: `arn:aws:iam::${ACCOUNT}:role/terraform/terraform-break-glass`,
      boundary: `arn:aws:iam::${ACCOUNT}:policy/terraform/terraform-boundary`,
      people: { kind: 'users', path: '/terraform/', group: 'terraform', sealKey: 'terraform-mfa', sealValue: 'sealed' },
      revocation: { stateMachine: `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:terraform-revoke-` },
    });
    expect(Object.keys(manifest.state).sort()).toEqual(['bootstrapBucket', 'bucket', 'kmsKeyArn']);
    expect(Object.keys(resourcesOf(made.template, 'AWS::Logs::LogGroup'))).toContain(manifest.watch.logGroup);
  });

  test('has the alias, the table and Identity Center where they are chosen', () => {
    const other = manifestOf(
      bootstrapped(() => ({
        accountAlias: 'acme-prod',
        locks: StateLocks.both(),
        people: TerraformPeople.identityCenter({ permissionSet: 'Terraform', people: [] }),
        breakGlass: BreakGlass.none(),
        secrets: TerraformSecrets.none(),
      })),
    );
    expect(other).toMatchObject({ accountAlias: 'acme-prod', lock: { kind: 'both', table: expect.any(String) } });
    expect(other.people).not.toHaveProperty('group');
    expect(other.people).not.toHaveProperty('mfaMaxAge');
    expect(other).not.toHaveProperty('breakGlassRole');
    expect(other).not.toHaveProperty('secrets');
  });
});

test('outputs on request name what was made', () => {
  const ids = Object.keys(outputsOf(bootstrapped(() => ({ outputs: true, locks: StateLocks.dynamoDb() })))).join(' ');
  for (const name of [
    'StateBucketName',
    'BootstrapBucketName',
    'StateKeyArn',
    'LockTableName',
    'TerraformRoleArn',
    'BreakGlassRoleArn',
    'BoundaryArn',
    'ParameterStoreKeyAlias',
  ])
    expect(ids).toContain(name);
});

test('tags reach what is made', () => {
  const { template } = bootstrapped((stack) => {
    Tags.of(stack).add('team', 'platform');
    return { people: TerraformPeople.users(['martin.rosselle.terraform']) };
  });
  for (const type of ['AWS::S3::Bucket', 'AWS::KMS::Key', 'AWS::IAM::Role', 'AWS::IAM::User', 'AWS::StepFunctions::StateMachine'])
    for (const { Properties } of Object.values(resourcesOf(template, type)))
      expect(Properties.Tags).toContainEqual({ Key: 'team', Value: 'platform' });
});

test('two bootstraps with prefixes of their own share no name', () => {
  const first = JSON.stringify(bootstrapped().template.toJSON());
  const second = bootstrapped(() => ({ prefix: 'tf-prod', people: TerraformPeople.users(['anna.prod']) })).template;
  for (const type of [
    'AWS::IAM::Role',
    'AWS::IAM::ManagedPolicy',
    'AWS::IAM::Group',
    'AWS::StepFunctions::StateMachine',
    'AWS::KMS::Alias',
  ])
    for (const { Properties } of Object.values(resourcesOf(second, type)))
      for (const name of [
        Properties.RoleName,
        Properties.ManagedPolicyName,
        Properties.GroupName,
        Properties.StateMachineName,
        Properties.AliasName,
      ])
        if (name) expect(first).not.toContain(`"${name}"`);
});

test.each([
  ['aws', 'eu-central-1'],
  ['aws-cn', 'cn-north-1'],
  ['aws-us-gov', 'us-gov-west-1'],
])('no ARN of another partition is in a template of %s', (partition, region) => {
  const { template } = bootstrapped(() => ({ people: TerraformPeople.users(['martin.rosselle.terraform']) }), { account: ACCOUNT, region });
  const others = ['aws', 'aws-cn', 'aws-us-gov'].filter((other) => other !== partition);
  for (const other of others) expect(JSON.stringify(template.toJSON())).not.toContain(`arn:${other}:`);
});

test('the boundary of everything at once is as short as AWS wants it', () => {
  const { template } = bootstrapped(() => ({
    storage: StateStorage.managed({ replication: StateReplication.toRegion('eu-west-1') }),
    locks: StateLocks.both(),
    runners: [TerraformRunner.githubActions({ owner: 'acme', repository: 'infra', states: ['network/prod'] })],
  }));
  const { PolicyDocument } = onlyResource(template, 'AWS::IAM::ManagedPolicy').Properties;
  expect(policyLength(PolicyDocument)).toBeLessThanOrEqual(BOUNDARY_LIMIT);
  expect(JSON.stringify(deployed(template, PolicyDocument)).length).toBeLessThanOrEqual(policyLength(PolicyDocument));
});

describe('props are refused', () => {
  const token = Token.asString({ Ref: 'Given' });
  const github = TerraformRunner.githubActions({ owner: 'acme', repository: 'infra', states: ['network'] });

  test.each<[string, SecureTerraformBootstrapProps, string]>([
    [
      'a prefix with other characters',
      { prefix: 'Terra_form' },
      'prefix: got "Terra_form"; give 1 to 20 lower case letters, digits and dashes, that begin with a letter and end with no dash',
    ],
    ['a prefix that is a wildcard', { prefix: '*' }, 'prefix: got "*"'],
    ['a prefix of 21 characters', { prefix: 'a'.repeat(21) }, 'give 1 to 20 lower case letters'],
    [
      'a prefix that is a token',
      { prefix: token },
      'prefix: got a value that only the deployment knows, and names are written at synth; write it out',
    ],
    ['an age of 29 seconds', { mfaMaxAge: Duration.seconds(29) }, 'mfaMaxAge: got 29 seconds; give whole seconds, from 30 to 3600'],
    ['an age of 2 hours', { mfaMaxAge: Duration.hours(2) }, 'mfaMaxAge: got 7200 seconds; give whole seconds'],
    ['an age of half a second more', { mfaMaxAge: Duration.millis(60500) }, 'mfaMaxAge: got 60.5 seconds; give whole seconds'],
    [
      'an age that is a token',
      { mfaMaxAge: Duration.seconds(Token.asNumber({ Ref: 'Age' })) },
      'mfaMaxAge: got a value that only the deployment knows; write it out',
    ],
    [
      'an age for people of Identity Center',
      { mfaMaxAge: Duration.minutes(5), people: TerraformPeople.identityCenter({ permissionSet: 'Terraform', people: [] }) },
      'mfaMaxAge: is not for people of IAM Identity Center, which asks them for MFA itself and gives sessions that do not tell when; leave it out',
    ],
    [
      'an alias with a capital',
      { accountAlias: 'Acme' },
      'accountAlias: got "Acme"; give 3 to 63 lower case letters, digits and single dashes, that are not all digits and have no dash at an end',
    ],
    ['an alias of digits', { accountAlias: '123456789012' }, 'accountAlias: got "123456789012"'],
    ['an alias with two dashes', { accountAlias: 'acme--prod' }, 'accountAlias: got "acme--prod"'],
    [
      'a role that is no name',
      { unboundedRoles: ['a b'] },
      'unboundedRoles: got "a b"; give the name of a role, with its path if it has one, or its ARN',
    ],
    [
      'a role that is an ARN of a user',
      { unboundedRoles: [`arn:aws:iam::${ACCOUNT}:user/a`] },
      'give the name of a role, with its path if it has one, or its ARN',
    ],
    [
      'more roles than a boundary can name',
      { unboundedRoles: Array.from({ length: 60 }, (_, i) => `some-administrator-role-${i}`) },
      'of 6144 characters; give names that share a beginning as one that ends with *, or runners of fewer forges',
    ],
    [
      'two runners of one name',
      { runners: [github, github] },
      'runners: got several named "infra", whose roles would have the same names; give each a name of its own',
    ],
  ])('with %s', (_, props, message) => {
    expect(refusalOfBootstrap(() => props)).toContain(`[Stack/Bootstrap] `);
    expect(refusalOfBootstrap(() => props)).toContain(message);
  });

  test('together, each with its path', () => {
    const refusal = refusalOfBootstrap(() => ({ prefix: '*', accountAlias: '-', people: TerraformPeople.users(['*']) }));
    expect(refusal).toMatch(/^3 problems:/);
    expect(refusal.match(/\[Stack\/Bootstrap\]/g)).toHaveLength(3);
  });

  test('and a boundary that is too long says by how much', () => {
    const unboundedRoles = Array.from({ length: 60 }, (_, i) => `some-administrator-role-${i}`);
    expect(refusalOfBootstrap(() => ({ unboundedRoles }))).toMatch(
      /got 60 roles, with which the permissions boundary has about \d+ of 6144/,
    );
  });
});

test('every key and every bucket that is made protects itself', () => {
  const statements = (document: { Statement: { Sid?: string }[] }) => document.Statement.map(({ Sid }) => Sid);
  const keys = Object.values(resourcesOf(made.template, 'AWS::KMS::Key'));
  expect(keys).toHaveLength(3);
  for (const { Properties } of keys) expect(statements(Properties.KeyPolicy)).toContain('KeepKey');
  const policies = Object.values(resourcesOf(made.template, 'AWS::S3::BucketPolicy'));
  expect(policies).toHaveLength(4);
  for (const { Properties } of policies)
    expect(statements(Properties.PolicyDocument)).toEqual(expect.arrayContaining(['KeepSettings', 'KeepVersions']));
});

test('nothing watches when nothing is to', () => {
  const { template } = bootstrapped(() => ({ watch: BootstrapWatch.none() }));
  expect(Object.keys(resourcesOf(template, 'AWS::CloudTrail::Trail'))).toEqual([]);
});
