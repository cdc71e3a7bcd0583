import { RunnerPerimeter } from '../../src';
import { grants, MachineStack, messageOf } from './machines';
import { ALL } from './simulated';

const VPC = 'vpc-0123456789abcdef0';
const OTHER = 'vpc-0fedcba9876543210';

/** Whether a call is let out of a perimeter, by a role that may do everything. */
function passes(perimeter: RunnerPerimeter, context: { [key: string]: string }): boolean {
  const Statement = perimeter._statements().map((statement) => statement.toStatementJson());
  return grants({ action: 'ec2:DescribeVpcs', resource: '*', context, policies: [ALL, { Version: '2012-10-17', Statement }] });
}

describe('a perimeter of VPCs', () => {
  const perimeter = RunnerPerimeter.vpcs([VPC]);

  test('a call through an endpoint in the VPC passes', () => {
    expect(passes(perimeter, { 'aws:SourceVpc': VPC, 'aws:ViaAWSService': 'false' })).toBe(true);
  });

  test.each([
    ['through another VPC', { 'aws:SourceVpc': OTHER }],
    ['over the internet', { 'aws:SourceIp': '198.51.100.7' }],
  ])('a call %s is refused, with the same credentials', (_, context) => {
    expect(passes(perimeter, { ...context, 'aws:ViaAWSService': 'false' } as { [key: string]: string })).toBe(false);
  });

  test('a call that a service makes for the runner passes', () => {
    expect(passes(perimeter, { 'aws:ViaAWSService': 'true' })).toBe(true);
  });
});

describe('a perimeter of addresses', () => {
  const perimeter = RunnerPerimeter.addresses(['192.0.2.0/28', '2001:db8::/32']);

  test('a call from one of them passes, and one from another is refused', () => {
    expect(passes(perimeter, { 'aws:SourceIp': '192.0.2.5', 'aws:ViaAWSService': 'false' })).toBe(true);
    expect(passes(perimeter, { 'aws:SourceIp': '192.0.2.99', 'aws:ViaAWSService': 'false' })).toBe(false);
  });

  test('a call that a service makes for the runner passes', () => {
    expect(passes(perimeter, { 'aws:SourceIp': '198.51.100.7', 'aws:ViaAWSService': 'true' })).toBe(true);
  });
});

describe('a perimeter of the instance', () => {
  const perimeter = RunnerPerimeter.instance();
  const issued = {
    'aws:EC2InstanceSourceVPC': VPC,
    'aws:EC2InstanceSourcePrivateIPv4': '10.0.0.7',
    'ec2:SourceInstanceARN': 'arn:aws:ec2:eu-central-1:111122223333:instance/i-0123456789abcdef0',
    'aws:ViaAWSService': 'false',
  };

  test('a call from the instance passes', () => {
    expect(passes(perimeter, { ...issued, 'aws:SourceVpc': VPC, 'aws:VpcSourceIp': '10.0.0.7' })).toBe(true);
  });

  test.each([
    ['another VPC', { 'aws:SourceVpc': OTHER, 'aws:VpcSourceIp': '10.0.0.7' }],
    ['another instance of the VPC', { 'aws:SourceVpc': VPC, 'aws:VpcSourceIp': '10.0.0.8' }],
    ['the internet', { 'aws:SourceIp': '198.51.100.7' }],
  ])('a call from %s is refused, with the credentials of the instance', (_, context) => {
    expect(passes(perimeter, { ...issued, ...context } as { [key: string]: string })).toBe(false);
  });

  test('a call that a service makes for the instance passes', () => {
    expect(passes(perimeter, { ...issued, 'aws:ViaAWSService': 'true' })).toBe(true);
  });

  test('credentials of a role that is taken by OIDC name no instance, so it does nothing to them', () => {
    expect(passes(perimeter, { 'aws:SourceIp': '198.51.100.7', 'aws:ViaAWSService': 'false' })).toBe(true);
  });
});

test.each([
  [RunnerPerimeter.vpcs([]), 'RunnerPerimeter.vpcs([]) would refuse every call; give at least one'],
  [RunnerPerimeter.addresses([]), 'RunnerPerimeter.addresses([]) would refuse every call; give at least one'],
  [RunnerPerimeter.vpcs(['*']), 'got "*" in RunnerPerimeter.vpcs(); give such as vpc-0123456789abcdef0'],
  [RunnerPerimeter.addresses(['0.0.0.0/0']), 'got "0.0.0.0/0" in RunnerPerimeter.addresses(); give such as 192.0.2.0/28'],
  [RunnerPerimeter.addresses(['example.com']), 'got "example.com" in RunnerPerimeter.addresses(); give such as 192.0.2.0/28'],
])('a perimeter that holds nothing, or nobody, is refused', (perimeter, message) => {
  const { stack, problems } = new MachineStack();
  perimeter._validate(stack, 'perimeter', problems);
  expect(messageOf(() => problems.throwIfAny())).toContain(message);
});
