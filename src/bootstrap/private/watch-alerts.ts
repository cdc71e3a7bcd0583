import { all, any, exists, is, isMissing, isNot, noneOf, oneOf, pattern } from './filter-pattern';
import type { WatchContext } from './watch-config';

/** One alarm, and the filters that feed it. */
export interface Alert {
  /** A part of the alarm's name. */
  readonly id: string;
  readonly description: string;
  readonly patterns: string[];
  /** How many events within five minutes. */
  readonly threshold: number;
}

/** What watches, and is watched too. */
export interface Watchers {
  readonly logGroupName: string;
  readonly topicArn: string;
  /** The role that brings the events into the log group, if it was made here. */
  readonly deliveryRole?: string;
  readonly failedMfaAttempts: number;
}

/** A pattern has 1,024 characters at most, so long lists are split over several that count into one metric. */
const ROLES_A_PATTERN = 6;

const EVENT = 'eventName';
const SOURCE = 'eventSource';
const ISSUER = 'userIdentity.sessionContext.sessionIssuer.userName';
const parameter = (name: string): string => `requestParameters.${name}`;

/** What is alarmed on; every pattern is for the events of CloudTrail. */
export function alertsOf(context: WatchContext, watchers: Watchers): Alert[] {
  const once = (id: string, description: string, conditions: string[]): Alert => ({
    id,
    description,
    patterns: conditions.map(pattern),
    threshold: 1,
  });
  return [
    ...(context.breakGlassArn
      ? [once('break-glass', 'The break-glass role was assumed, used, or tried.', [breakGlass(context, context.breakGlassArn)])]
      : []),
    once(
      'tampering',
      'A role, policy or group of the bootstrap, a state machine that revokes, or an identity provider was changed.',
      tampering(context, watchers),
    ),
    once('mfa-seal', 'An MFA device was enabled or taken away, or tags of a user were changed: right when someone enrols, and only then.', [
      seal(),
    ]),
    {
      id: 'failed-mfa',
      description: 'The terraform role was refused, or MFA codes were wrong, several times.',
      patterns: [pattern(failedMfa(context))],
      threshold: watchers.failedMfaAttempts,
    },
    once('state-deleted', 'A state, or a version of one, was deleted.', [stateDeleted(context)]),
    once('state-protection', 'A bucket of states, the lock table or the key of states was changed or deleted.', stateProtection(context)),
    once('watch', 'The trail, its log group or the topic of the alarms was changed.', watch(watchers)),
    once('console-sign-in', 'A person of the bootstrap signed in to the console without MFA.', [consoleSignIn(context)]),
  ];
}

/** By its session's name too, since switching roles in the console can be recorded otherwise. */
function breakGlass({ names }: WatchContext, roleArn: string): string {
  return any(
    all(is(SOURCE, 'sts.amazonaws.com'), is(EVENT, 'AssumeRole'), is(parameter('roleArn'), roleArn)),
    is(ISSUER, names.breakGlassRole),
  );
}

function tampering({ names, roleNames = [] }: WatchContext, { deliveryRole }: Watchers): string[] {
  const write = all(is(SOURCE, 'iam.amazonaws.com'), noneOf(EVENT, 'Get*', 'List*', 'Generate*', 'Simulate*'));
  // the revoker writes into the terraform role, as everyone's right
  const notRevoking = any(isMissing(ISSUER), isNot(ISSUER, names.revoker), isNot(EVENT, 'PutRolePolicy'));
  const roles = [names.terraformRole, names.breakGlassRole, names.revoker, ...roleNames, ...(deliveryRole ? [deliveryRole] : [])];
  const chunks: string[][] = [];
  for (let start = 0; start < roles.length; start += ROLES_A_PATTERN) chunks.push(roles.slice(start, start + ROLES_A_PATTERN));
  return [
    ...chunks.map((chunk) => all(write, notRevoking, oneOf(parameter('roleName'), ...chunk))),
    all(
      write,
      any(
        is(parameter('policyArn'), names.iamArn('policy', '*')),
        is(parameter('path'), `${names.path}*`),
        is(parameter('groupName'), names.group),
        is(EVENT, '*OpenIDConnectProvider*'),
      ),
    ),
    all(
      is(SOURCE, 'states.amazonaws.com'),
      oneOf(EVENT, 'UpdateStateMachine', 'DeleteStateMachine'),
      is(parameter('stateMachineArn'), `${names.stateMachineArn('')}*`),
    ),
  ];
}

/** CloudTrail has no path of a user in these, so they are watched for all users. */
function seal(): string {
  return all(
    is(SOURCE, 'iam.amazonaws.com'),
    oneOf(EVENT, 'EnableMFADevice', 'DeactivateMFADevice', 'DeleteVirtualMFADevice', 'TagUser', 'UntagUser'),
  );
}

/** A refused request can come without its parameters, so the role is looked for in the message too. */
function failedMfa({ roleArn }: WatchContext): string {
  return all(
    is(SOURCE, 'sts.amazonaws.com'),
    oneOf(EVENT, 'AssumeRole', 'GetSessionToken'),
    is('errorCode', 'AccessDenied*'),
    any(is('errorMessage', 'MultiFactorAuthentication failed*'), is('errorMessage', `*${roleArn}*`), is(parameter('roleArn'), roleArn)),
  );
}

/** A lock goes with every run, but its old versions do not: those hold who locked. */
function stateDeleted({ storage }: WatchContext): string {
  return all(
    is(SOURCE, 's3.amazonaws.com'),
    oneOf(parameter('bucketName'), storage.bucket.bucketName, storage.bootstrapBucket.bucketName),
    any(
      is(EVENT, 'DeleteObjects'),
      all(is(EVENT, 'DeleteObject'), any(isNot(parameter('key'), '*.tflock'), exists(parameter('versionId')))),
    ),
  );
}

function stateProtection({ storage, locks }: WatchContext): string[] {
  const buckets = [storage.bucket, storage.bootstrapBucket, ...(storage.logBucket ? [storage.logBucket] : [])];
  return [
    all(
      is(SOURCE, 's3.amazonaws.com'),
      oneOf(EVENT, 'PutBucket*', 'DeleteBucket*'),
      oneOf(parameter('bucketName'), ...buckets.map(({ bucketName }) => bucketName)),
    ),
    ...(storage.key
      ? [
          all(
            is(SOURCE, 'kms.amazonaws.com'),
            oneOf(EVENT, 'ScheduleKeyDeletion', 'DisableKey', 'PutKeyPolicy', 'DisableKeyRotation', 'CreateGrant'),
            // the call takes an id or an ARN
            is(parameter('keyId'), `*${storage.key.keyId}`),
            // services take grants for themselves where a resource uses the key
            isMissing('userIdentity.invokedBy'),
          ),
        ]
      : []),
    ...(locks.table
      ? [
          all(
            is(SOURCE, 'dynamodb.amazonaws.com'),
            oneOf(EVENT, 'DeleteTable', 'UpdateTable', 'UpdateContinuousBackups'),
            is(parameter('tableName'), `*${locks.table.tableName}`),
          ),
        ]
      : []),
  ];
}

function watch({ logGroupName, topicArn }: Watchers): string[] {
  return [
    all(is(SOURCE, 'cloudtrail.amazonaws.com'), oneOf(EVENT, 'StopLogging', 'DeleteTrail', 'UpdateTrail', 'PutEventSelectors')),
    all(
      is(SOURCE, 'logs.amazonaws.com'),
      is(parameter('logGroupName'), logGroupName),
      noneOf(EVENT, 'CreateLogStream', 'Describe*', 'Get*', 'List*', 'FilterLogEvents', 'StartQuery'),
    ),
    all(
      is(SOURCE, 'sns.amazonaws.com'),
      any(
        all(oneOf(EVENT, 'DeleteTopic', 'SetTopicAttributes', 'RemovePermission', 'AddPermission'), is(parameter('topicArn'), topicArn)),
        all(is(EVENT, 'Unsubscribe'), is(parameter('subscriptionArn'), `${topicArn}:*`)),
      ),
    ),
  ];
}

function consoleSignIn({ names }: WatchContext): string {
  return all(
    is(EVENT, 'ConsoleLogin'),
    isNot('additionalEventData.MFAUsed', 'Yes'),
    is('responseElements.ConsoleLogin', 'Success'),
    oneOf('userIdentity.arn', names.iamArn('user', '*'), names.emergencyUsers),
  );
}
