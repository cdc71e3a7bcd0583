/** As long as names and ids can be that only a deployment knows, so that what fits here fits there. */
const ATTRIBUTES: readonly [end: RegExp, value: string][] = [
  [/Bucket.*\.Arn$/, `arn:aws-us-gov:s3:::${'b'.repeat(63)}`],
  [/Key.*\.Arn$/, 'arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/00000000-0000-0000-0000-000000000000'],
  [/\.RoleId$/, 'AROA00000000000000000'],
  [/\.Arn$/, `arn:aws-us-gov:service:us-gov-west-1:123456789012:kind/${'n'.repeat(40)}`],
];
const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws-us-gov',
  'AWS::AccountId': '123456789012',
  'AWS::Region': 'us-gov-west-1',
  'AWS::URLSuffix': 'amazonaws.com',
};

/** A part of a template in which every function of CloudFormation has become what it could stand for. */
export function resolve(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolve);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [[name, argument]] = entries.length === 1 ? entries : [['', undefined]];
  if (name === 'Ref') return PSEUDO[argument as string] ?? 'r'.repeat(63);
  if (name === 'Fn::GetAtt') return attribute((argument as string[]).join('.'));
  if (name === 'Fn::Join') return (resolve((argument as [string, unknown[]])[1]) as string[]).join((argument as [string, unknown[]])[0]);
  if (name.startsWith('Fn::')) throw new Error(`${name} cannot be measured: ${JSON.stringify(value)}`);
  return Object.fromEntries(entries.map(([key, part]) => [key, resolve(part)]));
}

function attribute(path: string): string {
  return ATTRIBUTES.find(([end]) => end.test(path))?.[1] ?? 'a'.repeat(63);
}
