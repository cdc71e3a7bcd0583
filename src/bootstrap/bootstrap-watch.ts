import { ArnFormat, Duration, Stack, Token } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import type { Problems } from '../validation/problems';
import { alarmArns, makeAlarm, makeTopic } from './private/watch-alarms';
import { alertsOf } from './private/watch-alerts';
import type { WatchConfig, WatchContext } from './private/watch-config';
import { makeKey, makeTrail } from './private/watch-trail';

/** Whom the alarms tell. */
export interface WatchAlarmOptions {
  /**
   * The topic that the alarms publish to. CloudWatch must be allowed to, by the topic's policy and by that of its key.
   *
   * @default - an encrypted one is made
   */
  readonly topic?: sns.ITopic;

  /**
   * E-mail addresses that are subscribed to the topic. Each gets a message first, and nothing more until the link in it is followed.
   *
   * @default - nobody is subscribed
   */
  readonly emailAddresses?: string[];

  /**
   * How many refusals of the terraform role, or wrong MFA codes, within five minutes raise the alarm.
   *
   * @default 3
   */
  readonly failedMfaAttempts?: number;
}

/** The trail that is made. */
export interface WatchTrailProps extends WatchAlarmOptions {
  /**
   * How long events are kept, in the bucket and in the log group: one of the times that CloudWatch Logs has, such as 90, 365 or 731 days.
   *
   * @default Duration.days(365)
   * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
   */
  readonly retention?: Duration;
}

/**
 * Who watches the bootstrap: alarms when the break-glass role is used, when roles, policies or the boundary are changed, MFA devices or
 * seals change, MFA fails, a state is deleted or loses its protection, the trail is changed, or a person signs in to the console without
 * MFA.
 *
 * A deployment of the bootstrap that changes a role is a change too, and so is the enrolment of a person.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudwatch-alarms-for-cloudtrail.html
 */
export abstract class BootstrapWatch {
  /**
   * A trail of its own for all regions, with all management events and every read and write of a state, validated, encrypted with a key of
   * its own. Bucket, key and log group outlive the stack. CloudTrail charges for management events from an account's second trail on: use
   * `existingTrail` where there is one.
   */
  public static trail(props: WatchTrailProps = {}): BootstrapWatch {
    return new OwnTrail(props);
  }

  /**
   * Alarms on a trail that is there already, by its log group. The trail has to cover all regions and global services, and the data events
   * of the state buckets: without those no deletion of a state is seen.
   *
   * @param logGroup what the trail writes to, in this account and region
   */
  public static existingTrail(logGroup: logs.ILogGroup, options: WatchAlarmOptions = {}): BootstrapWatch {
    return new GivenTrail(logGroup, options);
  }

  /** Nobody watches. */
  public static none(): BootstrapWatch {
    return new Unwatched();
  }

  /** @internal */
  public abstract _bind(scope: Construct, context: WatchContext): WatchConfig;
}

class Unwatched extends BootstrapWatch {
  public _bind(): WatchConfig {
    return { protectedArns: [], protectedBuckets: [], protectedKeys: [] };
  }
}

class OwnTrail extends BootstrapWatch {
  constructor(private readonly props: WatchTrailProps) {
    super();
  }

  public _bind(scope: Construct, context: WatchContext): WatchConfig {
    const retention = this.props.retention ?? Duration.days(365);
    if (!checkRetention(scope, retention, context.problems)) return new Unwatched()._bind();
    const { key, bucket, logGroup, trail, deliveryRole } = makeTrail(scope, context, retention);
    const arns = makeAlarms(scope, context, this.props, { logGroup, key, deliveryRole: deliveryRole.roleName });
    return {
      protectedArns: [trail.trailArn, logGroupArns(scope, logGroup), deliveryRole.roleArn, ...arns],
      protectedBuckets: [bucket.bucketArn],
      protectedKeys: [key.keyArn],
      logGroup,
    };
  }
}

class GivenTrail extends BootstrapWatch {
  constructor(
    private readonly logGroup: logs.ILogGroup,
    private readonly options: WatchAlarmOptions,
  ) {
    super();
  }

  public _bind(scope: Construct, context: WatchContext): WatchConfig {
    const key = this.options.topic ? undefined : makeKey(scope, context.names);
    const arns = makeAlarms(scope, context, this.options, { logGroup: this.logGroup, key });
    return {
      protectedArns: [logGroupArns(scope, this.logGroup), ...arns],
      protectedBuckets: [],
      protectedKeys: key ? [key.keyArn] : [],
      logGroup: this.logGroup,
    };
  }
}

interface AlarmSources {
  readonly logGroup: logs.ILogGroup;
  readonly key?: kms.IKey;
  readonly deliveryRole?: string;
}

function makeAlarms(scope: Construct, context: WatchContext, options: WatchAlarmOptions, { logGroup, key, deliveryRole }: AlarmSources) {
  const { prefix } = context.names;
  const failedMfaAttempts = options.failedMfaAttempts ?? 3;
  checkAlarmOptions(scope, options, context.problems);
  const topic = options.topic ?? makeTopic(scope, prefix, key);
  for (const address of options.emailAddresses ?? []) topic.addSubscription(new EmailSubscription(address));
  const watchers = { logGroupName: logGroup.logGroupName, topicArn: topic.topicArn, deliveryRole, failedMfaAttempts };
  for (const alert of alertsOf(context, watchers)) makeAlarm(scope, alert, logGroup, topic, prefix);
  return [topic.topicArn, alarmArns(scope, prefix)];
}

/** Some calls are authorized on the group's ARN, others on that with `:*`. */
function logGroupArns(scope: Construct, { logGroupName }: logs.ILogGroup): string {
  return Stack.of(scope).formatArn({
    service: 'logs',
    resource: 'log-group',
    resourceName: `${logGroupName}*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

function checkRetention(scope: Construct, retention: Duration, problems: Problems): boolean {
  const days = retention.isUnresolved() ? undefined : retention.toDays({ integral: false });
  const known = Object.values(logs.RetentionDays).filter((value) => typeof value === 'number' && value < logs.RetentionDays.INFINITE);
  if (days !== undefined && known.includes(days)) return true;
  problems.add(
    scope,
    'watch.retention',
    `got ${days ?? 'a time that is known only at deployment'}; give days that CloudWatch Logs has: ${known.join(', ')}`,
  );
  return false;
}

function checkAlarmOptions(scope: Construct, { emailAddresses = [], failedMfaAttempts }: WatchAlarmOptions, problems: Problems): void {
  for (const address of emailAddresses) {
    if (Token.isUnresolved(address) || /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(address)) continue;
    problems.add(scope, 'watch.emailAddresses', `got "${address}"; give an e-mail address`);
  }
  if (failedMfaAttempts === undefined || Token.isUnresolved(failedMfaAttempts)) return;
  if (Number.isInteger(failedMfaAttempts) && failedMfaAttempts > 0) return;
  problems.add(scope, 'watch.failedMfaAttempts', `got ${failedMfaAttempts}; give a whole number from 1`);
}
