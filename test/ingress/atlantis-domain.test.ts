import { CfnParameter } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { PrivateHostedZone } from 'aws-cdk-lib/aws-route53';
import { AtlantisDomain } from '../../src';
import { certificateOf, environmentOf, loadBalancer, onlyResource, refusalOf, resourcesOf, synthesize, zoneNamed } from '../synthesized';

const hosted = (name?: string) =>
  synthesize((scope) => ({
    ingress: loadBalancer(scope, { domain: AtlantisDomain.hosted({ zone: zoneNamed(scope, 'example.com'), name }) }),
  }));

describe('AtlantisDomain.hosted', () => {
  const { template, atlantis } = hosted('plans');

  test('the name is made in the zone, and is the address of the server', () => {
    expect(atlantis.url).toBe('https://plans.example.com');
    expect(environmentOf(template).ATLANTIS_ATLANTIS_URL).toBe('https://plans.example.com');
  });

  test('HostedDomainProps.name left out: the name is "atlantis"', () => {
    expect(hosted().atlantis.url).toBe('https://atlantis.example.com');
  });

  test.each([
    ['plans.example.com', 'https://plans.example.com'],
    ['example.com', 'https://example.com'],
    ['a.b', 'https://a.b.example.com'],
    ['notexample.com', 'https://notexample.com.example.com'],
  ])('the name "%s" leads to %s', (name, url) => {
    expect(hosted(name).atlantis.url).toBe(url);
  });

  test('a certificate for the name is made, validated through the zone, and used by the HTTPS listener', () => {
    const certificate = onlyResource(template, 'AWS::CertificateManager::Certificate');
    expect(certificate.Properties).toMatchObject({
      DomainName: 'plans.example.com',
      ValidationMethod: 'DNS',
      DomainValidationOptions: [{ DomainName: 'plans.example.com', HostedZoneId: 'Z0123456789' }],
    });
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
      Port: 443,
      Certificates: [{ CertificateArn: { Ref: certificate.id } }],
    });
  });

  test.each(['A', 'AAAA'])('an alias of type %s leads to the load balancer while its targets are healthy', (type) => {
    const { id } = onlyResource(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer');
    template.hasResourceProperties('AWS::Route53::RecordSet', {
      Type: type,
      Name: 'plans.example.com.',
      HostedZoneId: 'Z0123456789',
      AliasTarget: {
        EvaluateTargetHealth: true,
        HostedZoneId: { 'Fn::GetAtt': [id, 'CanonicalHostedZoneID'] },
        DNSName: { 'Fn::Join': ['', ['dualstack.', { 'Fn::GetAtt': [id, 'DNSName'] }]] },
      },
    });
  });

  test('no other record is made', () => {
    template.resourceCountIs('AWS::Route53::RecordSet', 2);
  });

  test.each([
    ['example.com.', 'atlantis', 'atlantis.example.com'],
    ['example.com', 'Atlantis.Example.com', 'Atlantis.Example.com'],
  ])('in the zone %s the name %s is %s', (zoneName, name, expected) => {
    const { template } = synthesize((scope) => ({
      ingress: loadBalancer(scope, { domain: AtlantisDomain.hosted({ zone: zoneNamed(scope, zoneName), name }) }),
    }));
    expect(environmentOf(template).ATLANTIS_ATLANTIS_URL).toBe(`https://${expected}`);
  });

  test('a private hosted zone is refused, since no certificate can be validated in it', () => {
    const refusal = refusalOf((scope) => {
      const zone = new PrivateHostedZone(scope, 'Private', { zoneName: 'example.com', vpc: new Vpc(scope, 'Closed') });
      return { ingress: loadBalancer(scope, { domain: AtlantisDomain.hosted({ zone }) }) };
    });
    expect(refusal).toBe(
      '[Stack/Atlantis] ingress.domain.zone: got a private hosted zone, in which no certificate can be validated; give a public one',
    );
  });

  test.each(['https://atlantis', 'atlantis:443', 'atlantis/path', 'a_b', ''])('the name "%s" is refused', (name) => {
    const message = refusalOf((scope) => ({
      ingress: loadBalancer(scope, { domain: AtlantisDomain.hosted({ zone: zoneNamed(scope, 'example.com'), name }) }),
    }));
    expect(message).toBe(`[Stack/Atlantis] ingress.domain.name: got "${name}"; give a name such as atlantis, without scheme, port or path`);
  });

  test('a name that only the deployment knows passes', () => {
    const { stack, atlantis: server } = synthesize((scope) => ({
      ingress: loadBalancer(scope, {
        domain: AtlantisDomain.hosted({ zone: zoneNamed(scope, 'example.com'), name: new CfnParameter(scope, 'Name').valueAsString }),
      }),
    }));
    expect(stack.resolve(server.url)).toEqual({ 'Fn::Join': ['', ['https://', { Ref: 'Name' }, '.example.com']] });
  });
});

describe('AtlantisDomain.certificate', () => {
  const given = (domainName: string) =>
    synthesize((scope) => ({
      ingress: loadBalancer(scope, { domain: AtlantisDomain.certificate({ domainName, certificate: certificateOf(scope) }) }),
    }));
  const { template, atlantis } = given('plans.example.org');

  test('the name is the address of the server', () => {
    expect(atlantis.url).toBe('https://plans.example.org');
    expect(environmentOf(template).ATLANTIS_ATLANTIS_URL).toBe('https://plans.example.org');
  });

  test('the given certificate is used by the HTTPS listener, and none is made', () => {
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
      Port: 443,
      Certificates: [{ CertificateArn: 'arn:aws:acm:eu-central-1:111122223333:certificate/0123' }],
    });
    template.resourceCountIs('AWS::CertificateManager::Certificate', 0);
  });

  test('no record is made', () => {
    template.resourceCountIs('AWS::Route53::RecordSet', 0);
  });

  test.each(['https://plans.example.org', 'plans', 'plans.example.org:443', 'plans.example.org/', ''])(
    'the name "%s" is refused',
    (domainName) => {
      const message = refusalOf((scope) => ({
        ingress: loadBalancer(scope, { domain: AtlantisDomain.certificate({ domainName, certificate: certificateOf(scope) }) }),
      }));
      expect(message).toBe(
        `[Stack/Atlantis] ingress.domain.domainName: got "${domainName}"; give a full name such as atlantis.example.com, without scheme, port or path`,
      );
    },
  );

  test('a name that only the deployment knows passes', () => {
    const { stack, atlantis: server } = synthesize((scope) => ({
      ingress: loadBalancer(scope, {
        domain: AtlantisDomain.certificate({
          domainName: new CfnParameter(scope, 'Name').valueAsString,
          certificate: certificateOf(scope),
        }),
      }),
    }));
    expect(stack.resolve(server.url)).toEqual({ 'Fn::Join': ['', ['https://', { Ref: 'Name' }]] });
  });

  test('a certificate means that synth warns of nothing', () => {
    Annotations.fromStack(given('plans.example.org').stack).hasNoWarning('*', Match.anyValue());
  });
});

describe('AtlantisDomain.awsAssigned', () => {
  const { template, atlantis, stack } = synthesize((scope) => ({
    ingress: loadBalancer(scope, { domain: AtlantisDomain.awsAssigned() }),
  }));

  test("the load balancer's own name, over plain HTTP, is the address of the server", () => {
    const { id } = onlyResource(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer');
    const url = { 'Fn::Join': ['', ['http://', { 'Fn::GetAtt': [id, 'DNSName'] }]] };
    expect(stack.resolve(atlantis.url)).toEqual(url);
    expect(environmentOf(template).ATLANTIS_ATLANTIS_URL).toEqual(url);
  });

  test('synth warns that it is plain HTTP', () => {
    Annotations.fromStack(stack).hasWarning(
      '/Stack/Atlantis',
      'Atlantis is reached over plain HTTP. Use AtlantisDomain.hosted or AtlantisDomain.certificate for anything but tests. [ack: cdk-atlantis:AtlantisDomain.plainHttp]',
    );
  });

  test('the one listener is on port 80, and closed but for its rules', () => {
    const listener = onlyResource(template, 'AWS::ElasticLoadBalancingV2::Listener');
    expect(listener.Properties).toMatchObject({ Port: 80, Protocol: 'HTTP' });
    expect(listener.Properties.DefaultActions[0].FixedResponseConfig.StatusCode).toBe('403');
    for (const rule of Object.values(resourcesOf(template, 'AWS::ElasticLoadBalancingV2::ListenerRule'))) {
      expect(rule.Properties.ListenerArn).toEqual({ Ref: listener.id });
    }
  });

  test('only port 80 is opened', () => {
    const group = resourcesOf(template, 'AWS::EC2::SecurityGroup');
    const opened = Object.values(group).flatMap((resource) => resource.Properties.SecurityGroupIngress ?? []);
    expect(opened).toEqual([{ CidrIp: '0.0.0.0/0', Description: 'HTTP', IpProtocol: 'tcp', FromPort: 80, ToPort: 80 }]);
  });

  test('neither certificate nor record is made', () => {
    template.resourceCountIs('AWS::CertificateManager::Certificate', 0);
    template.resourceCountIs('AWS::Route53::RecordSet', 0);
  });
});
