import { Annotations, Token } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as route53 from 'aws-cdk-lib/aws-route53';
import { LoadBalancerTarget } from 'aws-cdk-lib/aws-route53-targets';
import type { Construct } from 'constructs';
import type { Problems } from '../validation/problems';
import type { DomainConfig } from './private/config';

/** A name in a hosted zone of Route 53. */
export interface HostedDomainProps {
  /** The public hosted zone that the name is made in. */
  readonly zone: route53.IHostedZone;

  /**
   * The name, relative to the zone or with it: `atlantis` and `atlantis.example.com` are the same in the zone `example.com`.
   *
   * @default 'atlantis'
   */
  readonly name?: string;
}

/** A name whose records are kept elsewhere, and its certificate. */
export interface CertificateDomainProps {
  /** The name that people and the forge use, such as `atlantis.example.com`. Point it at the load balancer. */
  readonly domainName: string;

  /** A certificate for that name, in the region of the stack. */
  readonly certificate: acm.ICertificate;
}

/** The name that people and the forge reach the server by. */
export abstract class AtlantisDomain {
  /** A name in a hosted zone: the certificate is made and validated, and A and AAAA records lead to the load balancer. */
  public static hosted(props: HostedDomainProps): AtlantisDomain {
    return new Hosted(props);
  }

  /** A name and its certificate; the records are kept elsewhere. */
  public static certificate(props: CertificateDomainProps): AtlantisDomain {
    return new Certificated(props);
  }

  /**
   * The name that AWS gives the load balancer, with plain HTTP, since nobody can have a certificate for it. For tests: webhooks and the web
   * pages cross the internet unencrypted, and synth warns of it.
   */
  public static awsAssigned(): AtlantisDomain {
    return new AwsAssigned();
  }

  /** @internal */
  public abstract _validate(scope: Construct, problems: Problems): void;

  /** @internal */
  public abstract _bind(scope: Construct): DomainConfig;
}

class Hosted extends AtlantisDomain {
  constructor(private readonly props: HostedDomainProps) {
    super();
  }

  public _validate(scope: Construct, problems: Problems): void {
    if (this.props.zone instanceof route53.PrivateHostedZone) {
      problems.add(scope, 'ingress.domain.zone', 'got a private hosted zone, in which no certificate can be validated; give a public one');
    }
    checkName(scope, 'ingress.domain.name', this.props.name, /^[a-z0-9-]+(\.[a-z0-9-]+)*$/i, 'a name such as atlantis', problems);
  }

  public _bind(scope: Construct): DomainConfig {
    const { zone, name = 'atlantis' } = this.props;
    const domainName = nameIn(zone, name);
    const certificate = new acm.Certificate(scope, 'Certificate', {
      domainName,
      validation: acm.CertificateValidation.fromDns(zone),
    });
    return {
      certificate,
      domainName,
      pointAt(loadBalancer) {
        const target = route53.RecordTarget.fromAlias(new LoadBalancerTarget(loadBalancer, { evaluateTargetHealth: true }));
        new route53.ARecord(scope, 'AliasA', { zone, recordName: domainName, target });
        new route53.AaaaRecord(scope, 'AliasAaaa', { zone, recordName: domainName, target });
      },
    };
  }
}

/** Zones may be written with the dot at their end, and names with capitals. */
function nameIn(zone: route53.IHostedZone, name: string): string {
  const zoneName = zone.zoneName.replace(/\.$/, '');
  const [asked, all] = [name.toLowerCase(), zoneName.toLowerCase()];
  return asked === all || asked.endsWith(`.${all}`) ? name : `${name}.${zoneName}`;
}

class Certificated extends AtlantisDomain {
  constructor(private readonly props: CertificateDomainProps) {
    super();
  }

  public _validate(scope: Construct, problems: Problems): void {
    const form = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i;
    checkName(scope, 'ingress.domain.domainName', this.props.domainName, form, 'a full name such as atlantis.example.com', problems);
  }

  public _bind(): DomainConfig {
    return { ...this.props, pointAt: () => undefined };
  }
}

class AwsAssigned extends AtlantisDomain {
  public _validate(): void {}

  public _bind(scope: Construct): DomainConfig {
    Annotations.of(scope).addWarningV2(
      'cdk-atlantis:AtlantisDomain.plainHttp',
      'Atlantis is reached over plain HTTP. Use AtlantisDomain.hosted or AtlantisDomain.certificate for anything but tests.',
    );
    return { pointAt: () => undefined };
  }
}

function checkName(scope: Construct, property: string, name: string | undefined, form: RegExp, wanted: string, problems: Problems): void {
  if (name === undefined || Token.isUnresolved(name) || form.test(name)) return;
  problems.add(scope, property, `got "${name}"; give ${wanted}, without scheme, port or path`);
}
