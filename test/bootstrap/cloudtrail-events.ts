import { ACCOUNT } from '../synthesized';

/**
 * Events as CloudTrail writes them, after the examples in its documentation and in those of IAM, STS and S3.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference.html
 */
export interface TrailEvent {
  readonly eventSource: string;
  readonly eventName: string;
  readonly userIdentity: object;
  readonly requestParameters: object | null;
  readonly [field: string]: unknown;
}

const common = {
  eventVersion: '1.08',
  eventTime: '2026-11-21T12:00:00Z',
  awsRegion: 'us-east-1',
  sourceIPAddress: '192.0.2.101',
  userAgent: 'aws-cli/2.15.0 Python/3.11.6 Linux/6.1.0 exe/x86_64',
  responseElements: null,
  requestID: '4EXAMPLE-0e8d-11e4-96e4-e55c0EXAMPLE',
  eventID: 'dEXAMPLE-ac7f-466c-a608-4ac8dEXAMPLE',
  readOnly: false,
  eventType: 'AwsApiCall',
  managementEvent: true,
  recipientAccountId: ACCOUNT,
  eventCategory: 'Management',
};

/** A person, with an access key. */
export const user = (name: string, path = '/terraform/') => ({
  type: 'IAMUser',
  principalId: 'AIDACKCEVSQ6C2EXAMPLE',
  arn: `arn:aws:iam::${ACCOUNT}:user${path}${name}`,
  accountId: ACCOUNT,
  accessKeyId: 'AKIAI44QH8DHBEXAMPLE',
  userName: name,
});

/** A session of a role. */
export const session = (role: string, name: string, path = '/terraform/') => ({
  type: 'AssumedRole',
  principalId: `AROAIDPPEZS35WEXAMPLE:${name}`,
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${name}`,
  accountId: ACCOUNT,
  accessKeyId: 'ASIAI44QH8DHBEXAMPLE',
  sessionContext: {
    sessionIssuer: {
      type: 'Role',
      principalId: 'AROAIDPPEZS35WEXAMPLE',
      arn: `arn:aws:iam::${ACCOUNT}:role${path}${role}`,
      accountId: ACCOUNT,
      userName: role,
    },
    attributes: { mfaAuthenticated: 'false', creationDate: '2026-11-21T11:59:00Z' },
  },
});

export const root = { type: 'Root', principalId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:root`, accountId: ACCOUNT };

/** A call, by an administrator unless it says by whom. */
export function call(service: string, eventName: string, requestParameters: object | null, rest: object = {}): TrailEvent {
  return {
    ...common,
    userIdentity: session('OrganizationAccountAccessRole', 'admin', '/'),
    eventSource: `${service}.amazonaws.com`,
    eventName,
    requestParameters,
    ...rest,
  };
}

/** A call on an object, which is a data event. */
export function objectCall(eventName: string, bucketName: string, key: string, more: object = {}): TrailEvent {
  return call(
    's3',
    eventName,
    { bucketName, Host: `${bucketName}.s3.eu-central-1.amazonaws.com`, key, ...more },
    {
      userIdentity: session('terraform', 'martin.rosselle.terraform'),
      resources: [
        { type: 'AWS::S3::Object', ARN: `arn:aws:s3:::${bucketName}/${key}` },
        { accountId: ACCOUNT, type: 'AWS::S3::Bucket', ARN: `arn:aws:s3:::${bucketName}` },
      ],
      managementEvent: false,
      eventCategory: 'Data',
    },
  );
}

/** Someone assumes a role. */
export function assumeRole(name: string, rest: object = {}): TrailEvent {
  return call(
    'sts',
    'AssumeRole',
    {
      roleArn: `arn:aws:iam::${ACCOUNT}:role/terraform/${name}`,
      roleSessionName: 'martin.rosselle.terraform',
      serialNumber: `arn:aws:iam::${ACCOUNT}:mfa/martin.rosselle.terraform`,
    },
    { userIdentity: user('martin.rosselle.terraform'), readOnly: true, ...rest },
  );
}

/** A sign-in to the console. */
export function consoleLogin(userIdentity: object, MFAUsed: 'Yes' | 'No', ConsoleLogin: 'Success' | 'Failure' = 'Success'): TrailEvent {
  return {
    ...common,
    userIdentity,
    eventSource: 'signin.amazonaws.com',
    eventName: 'ConsoleLogin',
    requestParameters: null,
    responseElements: { ConsoleLogin },
    additionalEventData: { LoginTo: 'https://console.aws.amazon.com/console/home', MobileVersion: 'No', MFAUsed },
    eventType: 'AwsConsoleSignIn',
  };
}
