import { all, type EmulatorApi, EmulatorError, text } from './emulator-api';

const ELB = ['elasticloadbalancing', '2015-12-01'] as const;

/** A listener of a deployed load balancer. */
export interface Listener {
  /** The load balancer's own DNS name, by which the emulator knows it. */
  readonly dnsName: string;
  readonly protocol: string;
  readonly sslPolicy: string;
  /** What its certificate is good for; empty when it is not HTTPS. Certificates besides the default one are not emulated. */
  readonly certificateNames: string[];
}

interface Certificate {
  readonly Certificate: { readonly DomainName: string; readonly SubjectAlternativeNames?: string[] };
}

function withoutDot(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** Which load balancer a name leads to, read from what is deployed, as a client's resolver would. */
export class LoadBalancers {
  constructor(private readonly api: EmulatorApi) {}

  /** The listener that a client reaches at this name and port; undefined where on AWS it would not get a connection. */
  async listener(name: string, port: number): Promise<Listener | undefined> {
    const loadBalancers = await this.loadBalancers();
    const host = withoutDot(name);
    const dnsName = loadBalancers.has(host) ? host : await this.aliasTarget(host);
    const arn = dnsName && loadBalancers.get(dnsName);
    if (!arn) return undefined;
    const answer = await this.api.query(...ELB, 'DescribeListeners', { LoadBalancerArn: arn });
    const listener = all(answer, 'Listeners/member').find((candidate) => Number(text(candidate, 'Port')) === port);
    if (!listener) return undefined;
    return {
      dnsName,
      protocol: text(listener, 'Protocol'),
      sslPolicy: text(listener, 'SslPolicy'),
      certificateNames: await this.namesOf(text(listener, 'Certificates/member/CertificateArn')),
    };
  }

  private async loadBalancers(): Promise<Map<string, string>> {
    const answer = await this.api.query(...ELB, 'DescribeLoadBalancers');
    const members = all(answer, 'LoadBalancers/member');
    return new Map(members.map((member) => [withoutDot(text(member, 'DNSName')), text(member, 'LoadBalancerArn')]));
  }

  private async aliasTarget(name: string): Promise<string | undefined> {
    const zones = await this.api.get('route53', '/2013-04-01/hostedzone');
    for (const zone of all(zones, 'ListHostedZonesResponse/HostedZones/HostedZone')) {
      if (!`.${name}`.endsWith(`.${withoutDot(text(zone, 'Name'))}`)) continue;
      const id = text(zone, 'Id').replace('/hostedzone/', '');
      const records = await this.api.get('route53', `/2013-04-01/hostedzone/${id}/rrset?maxitems=300`);
      const record = all(records, 'ListResourceRecordSetsResponse/ResourceRecordSets/ResourceRecordSet').find(
        (candidate) => text(candidate, 'Type') === 'A' && withoutDot(text(candidate, 'Name')) === name,
      );
      const target = record && withoutDot(text(record, 'AliasTarget/DNSName'));
      // The console and CDK write the name for both address families.
      if (target) return target.replace(/^dualstack\./, '');
    }
    return undefined;
  }

  private async namesOf(certificateArn: string): Promise<string[]> {
    if (!certificateArn) return [];
    if (!certificateArn.includes(':acm:')) {
      throw new EmulatorError(`the listener's certificate ${certificateArn} is not one of ACM, and no other is known here`);
    }
    const { Certificate } = await this.api.json<Certificate>('acm', 'CertificateManager.DescribeCertificate', {
      CertificateArn: certificateArn,
    });
    return [...new Set([Certificate.DomainName, ...(Certificate.SubjectAlternativeNames ?? [])])];
  }
}
