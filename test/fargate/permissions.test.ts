import { runSimulation } from '@cloud-copilot/iam-simulate';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Persistence, VcsProvider } from '../../src';
import { ACCOUNT, onlyResource, REGION, resourcesOf, type Synthesized, secretNamed, synthesize } from '../synthesized';
import { deployed, policiesOf } from './resolved';

const roleIdOf = ({ stack }: Synthesized, role: iam.IRole): string => stack.resolve(role.roleArn)['Fn::GetAtt'][0];
const taskPolicies = (server: Synthesized) => policiesOf(server.template, roleIdOf(server, server.atlantis.taskRole));
const executionPolicies = (server: Synthesized) => policiesOf(server.template, roleIdOf(server, server.atlantis.executionRole));
const arn = (service: string, rest: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;

interface Request {
  readonly action: string;
  readonly resource: string;
  readonly role?: string;
  readonly context?: { [key: string]: string };
}

/** Whether IAM allows a request of a role, by its policies and by that of the resource. */
async function allows(policies: object[], request: Request, resourcePolicy?: object): Promise<boolean> {
  const { action, resource, context = {} } = request;
  const result = await runSimulation(
    {
      request: {
        principal: `arn:aws:iam::${ACCOUNT}:role/${request.role ?? 'role'}`,
        action,
        resource: { resource, accountId: ACCOUNT },
        contextVariables: context,
      },
      identityPolicies: policies.map((policy, i) => ({ name: `policy${i}`, policy })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy,
    },
    {},
  );
  if (result.resultType === 'error') throw new Error(JSON.stringify(result.errors));
  return result.overallResult === 'Allowed';
}

/** Requests of which a role of this library must allow none. */
const FOREIGN: Request[] = [
  { action: 'sts:AssumeRole', resource: `arn:aws:iam::${ACCOUNT}:role/admin` },
  { action: 'iam:PassRole', resource: `arn:aws:iam::${ACCOUNT}:role/admin` },
  { action: 's3:GetObject', resource: 'arn:aws:s3:::state/terraform.tfstate' },
  { action: 's3:PutObject', resource: 'arn:aws:s3:::state/terraform.tfstate' },
  { action: 'dynamodb:PutItem', resource: arn('dynamodb', 'table/locks') },
  { action: 'ecs:UpdateService', resource: arn('ecs', 'service/cluster/service') },
  { action: 'ecs:ExecuteCommand', resource: arn('ecs', 'task/cluster/0123') },
  { action: 'ecr:BatchGetImage', resource: arn('ecr', 'repository/any') },
  { action: 'secretsmanager:GetSecretValue', resource: arn('secretsmanager', 'secret:another-AbCdEf') },
  { action: 'secretsmanager:GetSecretValue', resource: arn('secretsmanager', 'secret:app2-AbCdEf') },
  { action: 'ssm:GetParameter', resource: arn('ssm', 'parameter/any') },
  { action: 'kms:Decrypt', resource: arn('kms', 'key/another') },
  { action: 'logs:CreateLogStream', resource: arn('logs', 'log-group:another:log-stream:x') },
  { action: 'logs:GetLogEvents', resource: arn('logs', 'log-group:another:log-stream:x') },
  { action: 'logs:DeleteLogGroup', resource: arn('logs', 'log-group:another') },
  { action: 'elasticfilesystem:ClientMount', resource: arn('elasticfilesystem', 'file-system/fs-another') },
  { action: 'elasticfilesystem:DeleteFileSystem', resource: arn('elasticfilesystem', 'file-system/fs-another') },
];

describe('the task role, and so every plan', () => {
  const server = synthesize();
  const policies = taskPolicies(server);
  const fileSystem = arn('elasticfilesystem', `file-system/${onlyResource(server.template, 'AWS::EFS::FileSystem').id}`);
  const accessPoint = arn('elasticfilesystem', `access-point/${onlyResource(server.template, 'AWS::EFS::AccessPoint').id}`);
  const own = { 'elasticfilesystem:AccessPointArn': accessPoint };
  const other = { 'elasticfilesystem:AccessPointArn': arn('elasticfilesystem', 'access-point/fsap-another') };
  const tls = { 'aws:SecureTransport': 'true' };

  test('it holds one statement: to mount and write the file system through the access point', () => {
    expect(policies).toEqual([
      {
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'MountOwnAccessPoint',
            Effect: 'Allow',
            Action: ['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite'],
            Resource: fileSystem,
            Condition: { StringEquals: { 'elasticfilesystem:AccessPointArn': accessPoint } },
          },
        ],
      },
    ]);
  });

  test('without a file system it holds nothing', () => {
    expect(taskPolicies(synthesize(() => ({ persistence: Persistence.ephemeral() })))).toEqual([]);
  });

  test('no managed policy and no inline policy is on any role', () => {
    for (const role of Object.values(resourcesOf(server.template, 'AWS::IAM::Role'))) {
      expect(role.Properties).not.toHaveProperty('ManagedPolicyArns');
      expect(role.Properties).not.toHaveProperty('Policies');
    }
  });

  test.each(['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite'])(
    '%s is allowed through the own access point',
    async (action) => {
      expect(await allows(policies, { action, resource: fileSystem, context: { ...own, ...tls } })).toBe(true);
    },
  );

  test.each(['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite'])(
    '%s is denied through another access point, and without one',
    async (action) => {
      expect(await allows(policies, { action, resource: fileSystem, context: { ...other, ...tls } })).toBe(false);
      expect(await allows(policies, { action, resource: fileSystem, context: tls })).toBe(false);
    },
  );

  test('root access to the file system is denied', async () => {
    expect(
      await allows(policies, { action: 'elasticfilesystem:ClientRootAccess', resource: fileSystem, context: { ...own, ...tls } }),
    ).toBe(false);
  });

  test('its own secrets are denied, so that no plan can read them', async () => {
    const [secret] = Object.keys(resourcesOf(server.template, 'AWS::SecretsManager::Secret'));
    for (const resource of [arn('secretsmanager', 'secret:app-AbCdEf'), arn('secretsmanager', `secret:${secret}-AbCdEf`)]) {
      expect(await allows(policies, { action: 'secretsmanager:GetSecretValue', resource })).toBe(false);
    }
  });

  test.each(FOREIGN)('$action on $resource is denied', async (request) => {
    expect(await allows(policies, request)).toBe(false);
  });

  describe('with the policy of the file system', () => {
    const policy = deployed(server.template, onlyResource(server.template, 'AWS::EFS::FileSystem').Properties.FileSystemPolicy);
    const mount = { action: 'elasticfilesystem:ClientMount', resource: fileSystem };

    test('it can mount with TLS', async () => {
      expect(await allows(policies, { ...mount, context: { ...own, ...tls } }, policy)).toBe(true);
    });

    test('it cannot mount without TLS', async () => {
      expect(await allows(policies, { ...mount, context: { ...own, 'aws:SecureTransport': 'false' } }, policy)).toBe(false);
    });

    test('a role without permission cannot mount', async () => {
      expect(await allows([], { ...mount, context: { ...own, ...tls } }, policy)).toBe(false);
    });
  });
});

describe('the execution role', () => {
  const server = synthesize();
  const policies = executionPolicies(server);
  const [webhook] = Object.keys(resourcesOf(server.template, 'AWS::SecretsManager::Secret'));
  const { id: logGroup } = onlyResource(server.template, 'AWS::Logs::LogGroup');

  test('it holds to read its own secrets and to write its own log group, and nothing else', () => {
    const statements = policies.flatMap((policy) => policy.Statement).map(({ Action, Resource }) => [Action, Resource]);
    expect(statements).toEqual([
      [['logs:CreateLogStream', 'logs:PutLogEvents'], arn('logs', `log-group:${logGroup}:*`)],
      [['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'], arn('secretsmanager', 'secret:app-AbCdEf')],
      [['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'], arn('secretsmanager', `secret:${webhook}-AbCdEf`)],
    ]);
  });

  test('it can read the credentials and the webhook secret', async () => {
    for (const name of ['app', webhook]) {
      const resource = arn('secretsmanager', `secret:${name}-AbCdEf`);
      expect(await allows(policies, { action: 'secretsmanager:GetSecretValue', resource })).toBe(true);
    }
  });

  test('it cannot change a secret', async () => {
    const resource = arn('secretsmanager', 'secret:app-AbCdEf');
    for (const action of ['secretsmanager:PutSecretValue', 'secretsmanager:DeleteSecret']) {
      expect(await allows(policies, { action, resource })).toBe(false);
    }
  });

  test('it can write lines to its log group, and read or delete none', async () => {
    const stream = arn('logs', `log-group:${logGroup}:log-stream:server/atlantis/0123`);
    expect(await allows(policies, { action: 'logs:CreateLogStream', resource: stream })).toBe(true);
    expect(await allows(policies, { action: 'logs:PutLogEvents', resource: stream })).toBe(true);
    expect(await allows(policies, { action: 'logs:GetLogEvents', resource: stream })).toBe(false);
    expect(await allows(policies, { action: 'logs:DeleteLogStream', resource: stream })).toBe(false);
  });

  test.each(FOREIGN)('$action on $resource is denied', async (request) => {
    expect(await allows(policies, request)).toBe(false);
  });

  test('with a secret that has a key of its own, it can decrypt through Secrets Manager only', async () => {
    const encrypted = synthesize((scope) => {
      const encryptionKey = new kms.Key(scope, 'Key');
      const credentials = new secretsmanager.Secret(scope, 'Token', { encryptionKey });
      return { vcs: [VcsProvider.github({ user: 'a', credentials, webhookSecret: secretNamed(scope, 'hook') })] };
    });
    const { id, Properties } = onlyResource(encrypted.template, 'AWS::KMS::Key');
    const keyPolicy = deployed(encrypted.template, Properties.KeyPolicy);
    const decrypt = (role: iam.IRole, service: string) => ({
      role: roleIdOf(encrypted, role),
      action: 'kms:Decrypt',
      resource: arn('kms', `key/${id}`),
      context: { 'kms:ViaService': `${service}.${REGION}.amazonaws.com` },
    });
    const { executionRole, taskRole } = encrypted.atlantis;
    expect(await allows(executionPolicies(encrypted), decrypt(executionRole, 'secretsmanager'), keyPolicy)).toBe(true);
    expect(await allows(executionPolicies(encrypted), decrypt(executionRole, 's3'), keyPolicy)).toBe(false);
    expect(await allows(taskPolicies(encrypted), decrypt(taskRole, 'secretsmanager'), keyPolicy)).toBe(false);
  });
});
