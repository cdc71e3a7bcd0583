/** What stands for a value that the deployment makes: an ARN is about as long as this. */
const UNKNOWN = 90;

const KNOWN: { readonly [reference: string]: number } = {
  'AWS::Partition': 'aws-us-gov'.length,
  'AWS::AccountId': 12,
  'AWS::Region': 'ap-southeast-1'.length,
  'AWS::StackName': 40,
};

/** About how many characters a resolved policy has once it is deployed, as AWS counts them: without white space. */
export function policyLength(resolved: unknown): number {
  if (Array.isArray(resolved)) return resolved.reduce((sum: number, part) => sum + policyLength(part) + 1, 1);
  if (typeof resolved !== 'object' || resolved === null) return JSON.stringify(resolved).length;
  const entries = Object.entries(resolved);
  const [[key, value] = ['', undefined]] = entries;
  if (key === 'Ref') return KNOWN[value as string] ?? UNKNOWN;
  if (key === 'Fn::GetAtt') return UNKNOWN;
  if (key === 'Fn::Join')
    return (value as [string, unknown[]])[1].reduce((sum: number, part) => sum + policyLength(part) - quotes(part), 2);
  return entries.reduce((sum, [name, part]) => sum + name.length + 4 + policyLength(part), 1);
}

function quotes(part: unknown): number {
  return typeof part === 'string' ? 2 : 0;
}
