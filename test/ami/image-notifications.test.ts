import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { ImageNotifications } from '../../src';
import { isAllowed } from '../bootstrap/simulated';
import { ACCOUNT, REGION, resourcesOf } from '../synthesized';
import { definitionOf, deployed, IMAGE_ARN, NAME, only, piped, policiesOfRole, refusalOf } from './pipeline-stack';
import { run } from './states';

const told = (notifications?: ImageNotifications) => piped(() => ({ notifications })).template;
const TOPIC = `arn:aws:sns:${REGION}:${ACCOUNT}:given`;

/** What is published for an input. */
function published(input: object, image: () => object): { Subject: string; Message: string; TopicArn: string } {
  let message: unknown;
  run(definitionOf(told(ImageNotifications.failures()), 'Failures'), input, (name, parameters) => {
    if (name === 'imagebuilder:getImage') return image();
    expect(name).toBe('sns:publish');
    message = parameters;
    return {};
  });
  return message as { Subject: string; Message: string; TopicArn: string };
}

describe('ImageNotifications.failures', () => {
  test('a failure is told with the image, the reason and the logs', () => {
    const { Subject, Message } = published({ images: [IMAGE_ARN] }, () => ({
      Image: { State: { Status: 'FAILED', Reason: 'Step Gate failed' } },
    }));
    expect(Subject).toBe(`Image ${NAME} failed`);
    expect(Message).toBe(`${IMAGE_ARN} failed: Step Gate failed Its logs are in the log group /aws/imagebuilder/${NAME} of ${REGION}.`);
  });

  test('a failure is told even if its reason is not known', () => {
    const wanted = `${IMAGE_ARN} failed. Its logs are in the log group /aws/imagebuilder/${NAME} of ${REGION}.`;
    expect(published({ images: [IMAGE_ARN] }, () => ({ Image: { State: { Status: 'CANCELLED' } } })).Message).toBe(wanted);
    const unreadable = () => {
      throw new Error('no such image');
    };
    expect(published({ images: [IMAGE_ARN] }, unreadable).Message).toBe(wanted);
  });

  test('a pipeline that was disabled is told', () => {
    const { Subject, Message } = published({ failures: '3' }, () => ({}));
    expect(Subject).toBe(`Pipeline ${NAME} is disabled`);
    expect(Message).toContain('After 3 failed builds in a row the pipeline');
    expect(Message).toContain('builds no more on its schedule. Enable it when the cause is gone.');
  });

  test('a machine that failed is told, with its execution', () => {
    const { Subject, Message } = published({ execution: 'arn:execution', status: 'TIMED_OUT' }, () => ({}));
    expect(Subject).toBe(`Image ${NAME}: an execution failed`);
    expect(Message).toContain(
      'The execution arn:execution ended as TIMED_OUT. An image may not be built, not be promoted, or its volumes be left.',
    );
  });

  test('what builds, promotes and clears up is watched, and not what tells', () => {
    const { template } = piped(() => ({ notifications: ImageNotifications.failures() }), { dataVolume: true });
    const { EventPattern, Targets } = deployed(template, only(template, 'AWS::Events::Rule', 'FailuresBroken').Properties);
    const machines = ['AfterDeploy', 'Promotion', 'LeftVolumes'].map((part) => only(template, 'AWS::StepFunctions::StateMachine', part).id);
    expect(EventPattern).toEqual({
      source: ['aws.states'],
      'detail-type': ['Step Functions Execution Status Change'],
      detail: {
        status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
        stateMachineArn: machines.map((id) => `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${id}`),
      },
    });
    expect(Targets[0].InputTransformer).toEqual({
      InputPathsMap: { 'detail-executionArn': '$.detail.executionArn', 'detail-status': '$.detail.status' },
      InputTemplate: '{"execution":<detail-executionArn>,"status":<detail-status>}',
    });
  });

  test('what fails, or is cancelled, is told, and no image that can be had', () => {
    const template = told(ImageNotifications.failures());
    const failed = only(template, 'AWS::Events::Rule', 'FailuresFailed').Properties;
    expect(failed.EventPattern.detail).toEqual({ state: { status: ['FAILED', 'CANCELLED'] } });
    expect(failed.Targets[0].InputTransformer).toEqual({
      InputPathsMap: { resources: '$.resources' },
      InputTemplate: '{"images":<resources>}',
    });
    const disabled = deployed(template, only(template, 'AWS::Events::Rule', 'FailuresDisabled').Properties.EventPattern);
    expect(disabled.resources).toEqual([`arn:aws:imagebuilder:${REGION}:${ACCOUNT}:image-pipeline/${NAME}`]);
    expect(only(template, 'AWS::ImageBuilder::InfrastructureConfiguration').Properties.SnsTopicArn).toBeUndefined();
  });

  test('NotificationsOptions.topic left out: one is made that is reached with TLS only', () => {
    const template = told(ImageNotifications.failures());
    only(template, 'AWS::SNS::Topic');
    expect(JSON.stringify(only(template, 'AWS::SNS::TopicPolicy').Properties)).toContain('aws:SecureTransport');
  });

  test('NotificationsOptions.emails left out: nobody is subscribed', () => {
    expect(resourcesOf(told(ImageNotifications.failures()), 'AWS::SNS::Subscription')).toEqual({});
    const template = told(ImageNotifications.failures({ emails: ['ops@example.com'] }));
    expect(only(template, 'AWS::SNS::Subscription').Properties).toMatchObject({ Protocol: 'email', Endpoint: 'ops@example.com' });
  });

  test('a topic that is given is used', () => {
    const { template } = piped((stack) => ({
      notifications: ImageNotifications.failures({ topic: sns.Topic.fromTopicArn(stack, 'Given', TOPIC) }),
    }));
    expect(resourcesOf(template, 'AWS::SNS::Topic')).toEqual({});
    expect(definitionOf(template, 'Failures').States.TellReason.Parameters.TopicArn).toBe(TOPIC);
  });

  test('its role tells this topic, and no other', async () => {
    const { template } = piped((stack) => ({
      notifications: ImageNotifications.failures({ topic: sns.Topic.fromTopicArn(stack, 'Given', TOPIC) }),
    }));
    const policies = policiesOfRole(template, 'FailuresRole');
    const allowed = (action: string, resource: string) =>
      isAllowed({ principal: `arn:aws:iam::${ACCOUNT}:role/x`, action, resource, policies });
    expect(await allowed('sns:Publish', TOPIC)).toBe(true);
    expect(await allowed('sns:Publish', `${TOPIC}-other`)).toBe(false);
    expect(await allowed('imagebuilder:GetImage', IMAGE_ARN)).toBe(true);
    expect(await allowed('imagebuilder:GetImage', IMAGE_ARN.replace(NAME, 'other'))).toBe(false);
  });

  test('a topic that is encrypted by a key can be told', () => {
    const { template } = piped((stack) => {
      const topic = new sns.Topic(stack, 'Encrypted', { masterKey: new kms.Key(stack, 'Key') });
      return { notifications: ImageNotifications.failures({ topic }) };
    });
    expect(JSON.stringify(policiesOfRole(template, 'FailuresRole'))).toContain('kms:GenerateDataKey');
  });

  test('what is no address is refused', () => {
    expect(refusalOf(() => ({ notifications: ImageNotifications.failures({ emails: ['ops'] }) }))).toContain(
      'notifications.emails: got "ops"; give an address with one @',
    );
  });
});

describe('ImageNotifications.everything', () => {
  test('Image Builder tells of each build too, and may', async () => {
    const { template } = piped((stack) => ({
      notifications: ImageNotifications.everything({ topic: sns.Topic.fromTopicArn(stack, 'Given', TOPIC) }),
    }));
    expect(only(template, 'AWS::ImageBuilder::InfrastructureConfiguration').Properties.SnsTopicArn).toBe(TOPIC);
    const policies = policiesOfRole(template, 'ExecutionRole');
    const publishes = (resource: string) =>
      isAllowed({ principal: `arn:aws:iam::${ACCOUNT}:role/x`, action: 'sns:Publish', resource, policies });
    expect(await publishes(TOPIC)).toBe(true);
    expect(await publishes(`${TOPIC}-other`)).toBe(false);
  });
});

describe('ImageNotifications.none', () => {
  test('nothing is told, as by default', () => {
    for (const notifications of [undefined, ImageNotifications.none()]) {
      expect(JSON.stringify(told(notifications).toJSON())).not.toContain('sns:Publish');
    }
  });
});
