import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { Alert } from './watch-alerts';

/** Counts the events of an alert, and publishes when there are as many as it says. */
export function makeAlarm(scope: Construct, alert: Alert, logGroup: logs.ILogGroup, topic: sns.ITopic, prefix: string): cloudwatch.Alarm {
  const metric = { metricNamespace: `TerraformBootstrap/${prefix}`, metricName: alert.id };
  alert.patterns.forEach((pattern, index) => {
    new logs.MetricFilter(scope, `Watch ${alert.id} ${index + 1}`, {
      ...metric,
      logGroup,
      filterPattern: logs.FilterPattern.literal(pattern),
      metricValue: '1',
    });
  });
  const alarm = new cloudwatch.Alarm(scope, `Watch ${alert.id}`, {
    alarmName: `${prefix}-${alert.id}`,
    alarmDescription: `${alert.description} The events are in the log group of the trail.`,
    metric: new cloudwatch.Metric({
      namespace: metric.metricNamespace,
      metricName: metric.metricName,
      statistic: cloudwatch.Stats.SUM,
      period: Duration.minutes(5),
    }),
    threshold: alert.threshold,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: 1,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  });
  alarm.addAlarmAction(new SnsAction(topic));
  return alarm;
}

/** All alarms, in one ARN: a policy that named each would be long. */
export function alarmArns(scope: Construct, prefix: string): string {
  return Stack.of(scope).formatArn({ service: 'cloudwatch', resource: `alarm:${prefix}-*` });
}

/** A topic with a policy of its own loses the one that AWS gives, so the alarms have to be let in by name. */
export function makeTopic(scope: Construct, prefix: string, masterKey?: kms.IKey): sns.Topic {
  const stack = Stack.of(scope);
  const topic = new sns.Topic(scope, 'WatchTopic', { displayName: `Terraform bootstrap ${prefix}`, masterKey, enforceSSL: true });
  topic.addToResourcePolicy(
    new iam.PolicyStatement({
      sid: 'AlarmsPublish',
      principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: {
        StringEquals: { 'aws:SourceAccount': stack.account },
        ArnLike: { 'aws:SourceArn': alarmArns(scope, prefix) },
      },
    }),
  );
  return topic;
}
