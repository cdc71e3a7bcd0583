import type { Workshop } from '../workshop';
import { resolve } from './resolve';

const PEOPLE = [1, 10, 35, 200];

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}
type Resources = Readonly<Record<string, Resource>>;

/** What IAM counts: characters without white space. */
const size = (document: unknown) => JSON.stringify(resolve(document)).replace(/\s/g, '').length;

/**
 * AWS's limits, and what of a template counts towards each.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
 */
const LIMITS: readonly [name: string, limit: number, measure: (resources: Resources, template: string) => number][] = [
  ['boundary', 6144, (resources) => sizeOf(resources, 'AWS::IAM::ManagedPolicy', 'terraform-boundary', 'ManagedPolicyName')],
  ['inline policies of the terraform role', 10240, (resources) => inline(resources, 'Roles', role(resources))],
  ['inline policies of the group', 5120, (resources) => inline(resources, 'Groups', named(resources, 'AWS::IAM::Group', 'GroupName'))],
  [
    'trust policy of the terraform role (up to 4,096 on request)',
    2048,
    (resources) => size(resources[role(resources)].Properties.AssumeRolePolicyDocument),
  ],
  ['largest bucket policy', 20480, (resources) => Math.max(...all(resources, 'AWS::S3::BucketPolicy').map(documentSize))],
  ['resources of the stack', 500, (resources) => Object.keys(resources).length],
  ['bytes of the template', 1_000_000, (_, template) => Buffer.byteLength(template)],
];

export function benchPolicies(workshop: Workshop, app: string): void {
  for (const people of PEOPLE) {
    const output = `people-${people}`;
    try {
      workshop.synthesize(app, output, { BENCH_PEOPLE: `${people}` });
    } catch (problem) {
      console.log(`${people} people: refused at synth, ${refusal(problem)}`);
      continue;
    }
    const template = workshop.template(output, 'Bootstrap');
    const { Resources } = JSON.parse(template);
    console.log(`${people} people:`);
    for (const [name, limit, measure] of LIMITS) {
      const used = measure(Resources, template);
      console.log(`  ${name}: ${used} of ${limit}, ${Math.round((used / limit) * 100)} %${used > limit ? ' TOO LARGE' : ''}`);
    }
  }
}

function all(resources: Resources, type: string): Resource[] {
  return Object.values(resources).filter((resource) => resource.Type === type);
}

function documentSize({ Properties }: Resource): number {
  return size(Properties.PolicyDocument);
}

function sizeOf(resources: Resources, type: string, name: string, property: string): number {
  return documentSize(resources[named(resources, type, property, name)]);
}

function role(resources: Resources): string {
  return named(resources, 'AWS::IAM::Role', 'RoleName');
}

/** The logical id of what has a name: `terraform` is the prefix, the role and the group. */
function named(resources: Resources, type: string, property: string, name = 'terraform'): string {
  const found = Object.keys(resources).find((id) => resources[id].Type === type && resources[id].Properties[property] === name);
  if (!found) throw new Error(`The template has no ${type} whose ${property} is ${name}.`);
  return found;
}

/** What is inside the role or group, and what is attached to it as a resource of its own. */
function inline(resources: Resources, property: 'Roles' | 'Groups', id: string): number {
  const own = (resources[id].Properties.Policies ?? []) as { PolicyDocument: unknown }[];
  const attached = Object.values(resources).filter(({ Type, Properties }) => {
    const to = [Properties[property] ?? [], Properties.RoleName ?? [], Properties.GroupName ?? []].flat();
    return /^AWS::IAM::(Role|Group)?Policy$/.test(Type) && to.some((ref) => (ref as { Ref?: string }).Ref === id || ref === 'terraform');
  });
  return [...own.map(({ PolicyDocument }) => size(PolicyDocument)), ...attached.map(documentSize)].reduce((sum, one) => sum + one, 0);
}

/** The line in which the construct says what is wrong. */
function refusal(problem: unknown): string {
  const said = `${(problem as { stderr?: Buffer }).stderr ?? problem}`.split('\n').map((line) => line.trim());
  return (said.find((line) => line.includes('people')) ?? said[0]).replace(/^Error: /, '');
}
