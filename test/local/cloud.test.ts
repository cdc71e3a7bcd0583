import { execFile, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as tls from 'node:tls';
import { all, text } from '../../integ/local/emulator-api';
import { environmentFor, type LocalCloud, startCloud } from '../../integ/local/local-cloud';

const ELB = ['elasticloadbalancing', '2015-12-01'] as const;
const CLOUDFORMATION = ['cloudformation', '2010-05-15'] as const;

const ref = (name: string) => ({ Ref: name });
const subnet = (zone: string, cidr: string) => ({
  Type: 'AWS::EC2::Subnet',
  Properties: { VpcId: ref('Vpc'), AvailabilityZone: zone, CidrBlock: cidr },
});
const alias = (name: string, loadBalancer: string) => ({
  Type: 'AWS::Route53::RecordSet',
  Properties: {
    HostedZoneId: ref('Zone'),
    Name: `${name}.`,
    Type: 'A',
    AliasTarget: {
      DNSName: { 'Fn::Join': ['', ['dualstack.', { 'Fn::GetAtt': [loadBalancer, 'DNSName'] }]] },
      HostedZoneId: { 'Fn::GetAtt': [loadBalancer, 'CanonicalHostedZoneID'] },
    },
  },
});
const loadBalancer = { Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer', Properties: { Subnets: [ref('SubnetA'), ref('SubnetB')] } };
const fixed = (code: string, body: string) => [
  { Type: 'fixed-response', FixedResponseConfig: { StatusCode: code, ContentType: 'text/plain', MessageBody: body } },
];
const listener = (of: string, properties: object) => ({
  Type: 'AWS::ElasticLoadBalancingV2::Listener',
  Properties: { LoadBalancerArn: ref(of), ...properties },
});
const redirect = {
  Type: 'redirect',
  RedirectConfig: { Protocol: 'HTTPS', Port: '443', Host: '#{host}', Path: '/#{path}', Query: '#{query}', StatusCode: 'HTTP_301' },
};

const TEMPLATE = {
  Resources: {
    Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16' } },
    SubnetA: subnet('us-east-1a', '10.0.0.0/24'),
    SubnetB: subnet('us-east-1b', '10.0.1.0/24'),
    Zone: { Type: 'AWS::Route53::HostedZone', Properties: { Name: 'example.com' } },
    Certificate: {
      Type: 'AWS::CertificateManager::Certificate',
      Properties: { DomainName: 'atlantis.example.com', SubjectAlternativeNames: ['*.also.example.com'], ValidationMethod: 'DNS' },
    },
    Both: loadBalancer,
    BothHttps: listener('Both', {
      Port: 443,
      Protocol: 'HTTPS',
      SslPolicy: 'ELBSecurityPolicy-TLS13-1-3-2021-06',
      Certificates: [{ CertificateArn: ref('Certificate') }],
      DefaultActions: fixed('403', 'closed'),
    }),
    ByHost: {
      Type: 'AWS::ElasticLoadBalancingV2::ListenerRule',
      Properties: {
        ListenerArn: ref('BothHttps'),
        Priority: 1,
        Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: ['a.also.example.com'] } }],
        Actions: fixed('200', 'by host'),
      },
    },
    ByAddress: {
      Type: 'AWS::ElasticLoadBalancingV2::ListenerRule',
      Properties: {
        ListenerArn: ref('BothHttps'),
        Priority: 2,
        Conditions: [{ Field: 'source-ip', SourceIpConfig: { Values: ['127.0.0.9/32'] } }],
        Actions: fixed('200', 'by address'),
      },
    },
    BothHttp: listener('Both', { Port: 80, Protocol: 'HTTP', DefaultActions: [redirect] }),
    PlainOnly: loadBalancer,
    PlainOnlyHttp: listener('PlainOnly', { Port: 80, Protocol: 'HTTP', DefaultActions: fixed('200', 'plain') }),
    Atlantis: alias('atlantis.example.com', 'Both'),
    Also: alias('a.also.example.com', 'Both'),
    NotCovered: alias('other.example.com', 'Both'),
    Plain: alias('plain.example.com', 'PlainOnly'),
  },
};

let cloud: LocalCloud;

beforeAll(async () => {
  cloud = await startCloud({ regions: ['us-east-1', 'eu-west-1'] });
  await cloud.api.query(...CLOUDFORMATION, 'CreateStack', { StackName: 'front', TemplateBody: JSON.stringify(TEMPLATE) });
  let status = '';
  while (!/_(COMPLETE|FAILED)$/.test(status)) {
    await sleep(100);
    status = text(await cloud.api.query(...CLOUDFORMATION, 'DescribeStacks', { StackName: 'front' }), 'Stacks/member/StackStatus');
  }
  expect(status).toBe('CREATE_COMPLETE');
});

afterAll(() => cloud.stop());

const ask = async (url: string, from?: string) => {
  const answer = await cloud.fetch(url, { from });
  return [answer.status, await answer.text()];
};

describe('a deployed load balancer', () => {
  test('answers under a name whose alias record leads to it', async () => {
    expect(await ask('https://atlantis.example.com/')).toEqual([403, 'closed']);
  });

  test('is matched by the name that the client asked for', async () => {
    expect(await ask('https://a.also.example.com/')).toEqual([200, 'by host']);
  });

  (process.platform === 'linux' ? test : test.skip)('is matched by the address that the client came from', async () => {
    expect(await ask('https://atlantis.example.com/', '127.0.0.9')).toEqual([200, 'by address']);
    expect(await ask('https://atlantis.example.com/', '127.0.0.8')).toEqual([403, 'closed']);
  });

  test('redirects to the name that the client asked for', async () => {
    const answer = await cloud.fetch('http://atlantis.example.com/a?b=c');
    expect([answer.status, answer.headers.get('location')]).toEqual([301, 'https://atlantis.example.com:443/a?b=c']);
  });

  test('presents the deployed certificate, which a client refuses under another name', async () => {
    await expect(ask('https://other.example.com/')).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  test('is not reached under a name without a record', async () => {
    await expect(ask('https://nobody.example.com/')).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('is not reached on a port without a listener', async () => {
    expect(await ask('http://plain.example.com/')).toEqual([200, 'plain']);
    await expect(ask('https://plain.example.com/')).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('is reached under its own name', async () => {
    const answer = await cloud.api.query(...ELB, 'DescribeLoadBalancers');
    const names = all(answer, 'LoadBalancers/member/DNSName').map((element) => element.text);
    const answers = await Promise.all(names.map((name) => ask(`http://${name}/`)));
    expect(answers).toContainEqual([200, 'plain']);
  });

  test("refuses a TLS version that its listener's security policy does not have", async () => {
    const connecting = new Promise((resolve, reject) => {
      const ca = fs.readFileSync(cloud.caFile);
      const socket = tls.connect({ port: cloud.frontPort, servername: 'atlantis.example.com', ca, maxVersion: 'TLSv1.2' }, () => {
        socket.destroy();
        resolve(socket);
      });
      socket.on('error', reject);
    });
    await expect(connecting).rejects.toMatchObject({ code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
  });
});

describe('the environment for commands', () => {
  const run = (program: string, args: string[]) =>
    new Promise<string>((resolve, reject) => {
      execFile(program, args, { env: environmentFor(cloud) }, (problem, stdout) => (problem ? reject(problem) : resolve(stdout)));
    });

  test('holds nothing of an account of the user', () => {
    const before = { ...process.env };
    Object.assign(process.env, { AWS_PROFILE: 'production', AWS_SESSION_TOKEN: 'real', AWS_ROLE_ARN: 'real', DOCKER_CONTEXT: 'remote' });
    const names = Object.keys(environmentFor(cloud)).filter((name) => /^(AWS|DOCKER)_/.test(name));
    process.env = before;
    expect(names.sort()).toEqual(
      Object.keys(cloud.env)
        .filter((name) => /^(AWS|DOCKER)_/.test(name))
        .sort(),
    );
  });

  test('lets the CDK find that the account is bootstrapped, in each region', async () => {
    const answers = await Promise.all(
      ['us-east-1', 'eu-west-1'].map((region) => {
        const cdk = path.join(__dirname, '..', '..', 'node_modules', '.bin', 'cdk');
        return run(cdk, ['bootstrap', `aws://123456789012/${region}`, '--no-color', '--ci']);
      }),
    );
    for (const answer of answers) expect(answer).toContain('bootstrapped (no changes)');
  });
});

describe('npm run cloud', () => {
  const CLOUD = path.join(__dirname, '..', '..', 'integ', 'local', 'cloud.ts');
  const run = (...args: string[]) => {
    const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', CLOUD, ...args], { encoding: 'utf8' });
    return { status, stderr };
  };

  test('without a command explains itself', () => {
    expect(run()).toEqual({ status: 2, stderr: expect.stringMatching(/^usage: npm run cloud -- /) });
    expect(run('--help')).toEqual({ status: 0, stderr: expect.stringMatching(/^usage: npm run cloud -- /) });
  });

  test('refuses an option that it does not have', () => {
    expect(run('--kep', 'true')).toEqual({ status: 1, stderr: expect.stringMatching(/^Unknown option '--kep'/) });
  });

  test('refuses an image that it does not know', () => {
    expect(run('--image', 'nginx', 'true')).toEqual({ status: 1, stderr: '--image is atlantis or gitea, not nginx.\n' });
  });
});

test('servers listen on loopback only', async () => {
  const ports = await cloud.docker.run(['ps', '--filter', `label=cdk-atlantis.run=${cloud.run}`, '--format', '{{.Ports}}']);
  expect(
    ports
      .trim()
      .split('\n')
      .filter((line) => !/^127\.0\.0\.1:\d+->7000\/tcp$/.test(line)),
  ).toEqual([]);
});
