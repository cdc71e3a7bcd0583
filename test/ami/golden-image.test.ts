import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import { AtlantisAmi, ComponentStep, type IGoldenImage, ImageBase, ImageComponent, ImageLevel, ImageOs } from '../../src';
import { isAllowed } from '../bootstrap/simulated';
import { ACCOUNT, REGION, resourcesOf } from '../synthesized';
import { KEY_POLICY, policiesOfRole } from './pipeline-stack';
import { imageStack } from './synthesized-image';

const KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1`;
const levels = [ImageLevel.of('own', [ImageComponent.inline('A', { buildSteps: [ComponentStep.bash('Say', ['true'])] })])];

/** An image on a golden one of somebody else, of which this is known beside its names. */
function builtOn(given: (stack: Stack) => Partial<IGoldenImage>) {
  const stack = imageStack();
  const golden: IGoldenImage = {
    promotedParameterName: '/images/golden/promoted',
    os: ImageOs.AMAZON_LINUX_2023,
    architecture: ImageBase.latest(ImageOs.AMAZON_LINUX_2023).architecture,
    rootDeviceName: '/dev/xvda',
    ...given(stack),
  };
  const ami = new AtlantisAmi(stack, 'Ami', { base: ImageBase.golden(golden), levels });
  return { ami, template: Template.fromStack(stack) };
}

const decrypts = (template: Template) =>
  isAllowed({
    principal: `arn:aws:iam::${ACCOUNT}:role/x`,
    action: 'kms:Decrypt',
    resource: KEY,
    context: { 'kms:ViaService': `ec2.${REGION}.amazonaws.com` },
    policies: policiesOfRole(template, 'ExecutionRole'),
    resourcePolicy: KEY_POLICY,
  });

describe('an image on a golden image', () => {
  test('with a data volume has it too: what builds leave of it is deleted, and it is backed up', () => {
    const { ami, template } = builtOn(() => ({ dataVolume: true }));
    expect(ami.dataVolume).toBe(true);
    expect(JSON.stringify(template.toJSON())).toContain('ec2:DeleteVolume');
    expect(Object.keys(resourcesOf(template, 'AWS::Backup::BackupPlan'))).toHaveLength(1);
  });

  test('IGoldenImage.dataVolume left out: the image on it has none either', () => {
    const { ami, template } = builtOn(() => ({}));
    expect(ami.dataVolume).toBe(false);
    expect(JSON.stringify(template.toJSON())).not.toContain('ec2:DeleteVolume');
  });

  test('that a key encrypts may use the key, and hands it on', async () => {
    const { ami, template } = builtOn((stack) => ({ encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY) }));
    expect(await decrypts(template)).toBe(true);
    expect(ami.encryptionKey?.keyArn).toBe(KEY);
  });

  test('IGoldenImage.encryptionKey left out: no key may be used', async () => {
    const { ami, template } = builtOn(() => ({}));
    expect(await decrypts(template)).toBe(false);
    expect(ami.encryptionKey).toBeUndefined();
  });
});
