import * as kms from 'aws-cdk-lib/aws-kms';
import { ImageDistribution } from '../../../../src';
import { isAllowed } from '../../../bootstrap/simulated';
import { ACCOUNT, REGION } from '../../../synthesized';
import { CANDIDATE, KEY_POLICY, NAME, only, PROMOTED, piped, policiesOfRole } from '../../pipeline-stack';

const OTHER = '222233334444';
const { template } = piped((stack) => ({
  distribution: [
    ImageDistribution.region('eu-west-1', {
      copyTo: [OTHER],
      key: kms.Key.fromKeyArn(stack, 'Key', `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1`),
    }),
  ],
}));
const policies = policiesOfRole(template, 'ExecutionRole');
const allowed = (action: string, resource: string, context: { [key: string]: string | string[] } = {}) =>
  isAllowed({ principal: `arn:aws:iam::${ACCOUNT}:role/execution`, action, resource, context, policies });
const own = (service: string, resource: string, region = REGION) => `arn:aws:${service}:${region}:${ACCOUNT}:${resource}`;
const open = (resource: string, region = REGION) => `arn:aws:ec2:${region}::${resource}`;
const made = { 'aws:RequestTag/CreatedBy': 'EC2 Image Builder' };
const builder = { 'ec2:ResourceTag/CreatedBy': 'EC2 Image Builder' };

describe('the role of Image Builder', () => {
  test('is for Image Builder in this account only', () => {
    const { Statement } = only(template, 'AWS::IAM::Role', 'ExecutionRole').Properties.AssumeRolePolicyDocument;
    expect(Statement[0].Principal).toEqual({ Service: 'imagebuilder.amazonaws.com' });
    expect(Statement[0].Condition).toEqual({ StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } });
  });

  test('stops machines of Image Builder, and no others', async () => {
    const instance = own('ec2', 'instance/i-1');
    for (const action of ['ec2:TerminateInstances', 'ec2:StopInstances', 'ec2:CreateImage']) {
      expect(await allowed(action, instance, builder)).toBe(true);
      expect(await allowed(action, instance)).toBe(false);
    }
  });

  test('starts machines in the network of the builder, with its mark', async () => {
    const subnet = JSON.stringify(policies).match(/subnet\/([\w-]+)/)?.[1];
    expect(await allowed('ec2:RunInstances', own('ec2', `subnet/${subnet}`))).toBe(true);
    expect(await allowed('ec2:RunInstances', own('ec2', 'subnet/subnet-other'))).toBe(false);
    expect(await allowed('ec2:RunInstances', own('ec2', 'instance/*'), made)).toBe(true);
    expect(await allowed('ec2:RunInstances', own('ec2', 'instance/*'))).toBe(false);
  });

  test('gives machines the role of the builder, and no other', async () => {
    const { id } = only(template, 'AWS::IAM::Role', 'BuilderRole');
    const passes = (role: string, service = 'ec2.amazonaws.com') =>
      allowed('iam:PassRole', `arn:aws:iam::${ACCOUNT}:role/${role}`, { 'iam:PassedToService': service });
    expect(await passes(id)).toBe(true);
    expect(await passes('admin')).toBe(false);
    expect(await passes(id, 'lambda.amazonaws.com')).toBe(false);
  });

  test('runs shell scripts on machines of Image Builder, and no other document', async () => {
    expect(await allowed('ssm:SendCommand', own('ssm', 'document/AWS-RunShellScript'))).toBe(true);
    expect(await allowed('ssm:SendCommand', own('ssm', 'document/mine'))).toBe(false);
    expect(await allowed('ssm:SendCommand', own('ec2', 'instance/i-1'), { 'ssm:resourceTag/CreatedBy': 'EC2 Image Builder' })).toBe(true);
    expect(await allowed('ssm:SendCommand', own('ec2', 'instance/i-1'))).toBe(false);
  });

  test('tags snapshots as its own, and takes the mark of no machine over', async () => {
    expect(await allowed('ec2:CreateTags', open('snapshot/snap-1'), made)).toBe(true);
    expect(await allowed('ec2:CreateTags', own('ec2', 'instance/i-1'), { ...made, 'ec2:CreateAction': 'RunInstances' })).toBe(true);
    expect(await allowed('ec2:CreateTags', own('ec2', 'instance/i-1'), made)).toBe(false);
  });

  test('writes the candidate in each region of the image, and never the promoted parameter', async () => {
    for (const region of [REGION, 'eu-west-1']) {
      expect(await allowed('ssm:PutParameter', own('ssm', `parameter${CANDIDATE}`, region))).toBe(true);
      expect(await allowed('ssm:PutParameter', own('ssm', `parameter${PROMOTED}`, region))).toBe(false);
    }
    expect(await allowed('ssm:PutParameter', own('ssm', `parameter${CANDIDATE}`, 'us-east-1'))).toBe(false);
  });

  test('finds its base by the parameter that the recipe names', async () => {
    expect(JSON.stringify(policies)).toContain(`arn:aws:ssm:${REGION}::parameter/aws/service/base`);
    expect(await allowed('ssm:GetParameter', own('ssm', 'parameter/secret'))).toBe(false);
    const { template: golden } = piped(() => ({}), { parentImage: 'ssm:/images/base/promoted' });
    expect(JSON.stringify(policiesOfRole(golden, 'ExecutionRole'))).toContain(own('ssm', 'parameter/images/base/promoted'));
    const { template: literal } = piped(() => ({}), { parentImage: 'ami-0123456789abcdef0' });
    expect(JSON.stringify(policiesOfRole(literal, 'ExecutionRole'))).not.toContain('FindTheBase');
  });

  test('copies to the regions and accounts of the distribution, and to no others', async () => {
    expect(await allowed('ec2:CopyImage', open('image/ami-1', 'eu-west-1'))).toBe(true);
    expect(await allowed('ec2:CopyImage', open('image/ami-1', 'us-east-1'))).toBe(false);
    const role = (account: string) => `arn:aws:iam::${account}:role/EC2ImageBuilderDistributionCrossAccountRole`;
    expect(await allowed('sts:AssumeRole', role(OTHER))).toBe(true);
    expect(await allowed('sts:AssumeRole', role('333344445555'))).toBe(false);
  });

  test('shares images of Image Builder only', async () => {
    expect(await allowed('ec2:ModifyImageAttribute', open('image/ami-1'), builder)).toBe(true);
    expect(await allowed('ec2:ModifyImageAttribute', open('image/ami-1'))).toBe(false);
  });

  test('writes the logs of this image only', async () => {
    const group = (name: string) => own('logs', `log-group:/aws/imagebuilder/${name}:log-stream:1`);
    expect(await allowed('logs:PutLogEvents', group(NAME))).toBe(true);
    expect(await allowed('logs:PutLogEvents', group(`pipeline/${NAME}`))).toBe(true);
    expect(await allowed('logs:PutLogEvents', group('other'))).toBe(false);
  });

  test('cannot delete, or make keys, users and roles', async () => {
    expect(await allowed('iam:CreateRole', `arn:aws:iam::${ACCOUNT}:role/x`)).toBe(false);
    expect(await allowed('iam:CreateUser', `arn:aws:iam::${ACCOUNT}:user/x`)).toBe(false);
    expect(await allowed('ec2:DeleteSnapshot', open('snapshot/snap-1'), builder)).toBe(false);
    expect(await allowed('ec2:RegisterImage', open('image/ami-1'), made)).toBe(false);
  });

  test('each statement says what it is for, and none allows all actions', () => {
    for (const document of policies as { Statement: { Sid?: string; Action: string | string[] }[] }[]) {
      for (const { Sid, Action } of document.Statement) {
        expect(Sid).toMatch(/^[A-Z]\w+$/);
        for (const action of [Action].flat()) expect(action).not.toContain('*');
      }
    }
  });

  test('encrypts through EC2 in China too, whose services have other names', async () => {
    const region = 'cn-north-1';
    const keyArn = `arn:aws-cn:kms:${region}:${ACCOUNT}:key/1`;
    const chinese = piped((stack) => ({ volumes: { key: kms.Key.fromKeyArn(stack, 'Key', keyArn) } }), { region });
    const encrypts = (via: string) =>
      isAllowed({
        principal: `arn:aws-cn:iam::${ACCOUNT}:role/execution`,
        action: 'kms:GenerateDataKeyWithoutPlaintext',
        resource: keyArn,
        context: { 'kms:ViaService': via },
        policies: policiesOfRole(chinese.template, 'ExecutionRole'),
        resourcePolicy: JSON.parse(JSON.stringify(KEY_POLICY).replace('arn:aws:', 'arn:aws-cn:')),
      });
    expect(await encrypts('ec2.cn-north-1.amazonaws.com.cn')).toBe(true);
    expect(await encrypts('ec2.eu-central-1.amazonaws.com')).toBe(true);
    expect(await encrypts('s3.cn-north-1.amazonaws.com.cn')).toBe(false);
  });
});
