import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { Problems } from '../validation/problems';
import { selectSubnets } from '../validation/subnets';
import type { AtlantisDomain } from './atlantis-domain';
import type { IngressConfig, IngressContext } from './private/config';
import { makeLoadBalancer } from './private/load-balancer';
import { WebAccess } from './web-access';
import { WebhookSources } from './webhook-sources';

/** An application load balancer in front of the server. */
export interface LoadBalancerIngressProps {
  /** The name that people and the forge reach the server by. */
  readonly domain: AtlantisDomain;

  /**
   * Who may open the web pages.
   *
   * @default WebAccess.closed()
   */
  readonly ui?: WebAccess;

  /**
   * Where webhooks may come from.
   *
   * @default WebhookSources.anywhere()
   */
  readonly sources?: WebhookSources;

  /**
   * The subnets of the load balancer, in two zones or more.
   *
   * @default - the VPC's public subnets
   */
  readonly subnets?: ec2.SubnetSelection;
}

/** How the server is reached: `POST /events` by the forge, `GET /healthz` by everybody, and nothing else unless it is opened. */
export abstract class AtlantisIngress {
  /**
   * An application load balancer: HTTPS only (HTTP is redirected), webhooks and the health check open, everything else answered with 403.
   *
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/introduction.html
   */
  public static loadBalancer(props: LoadBalancerIngressProps): AtlantisIngress {
    return new LoadBalancer(props);
  }

  /** @internal */
  public abstract _validate(scope: Construct, problems: Problems, vpc?: ec2.IVpc): void;

  /** @internal */
  public abstract _bind(scope: Construct, context: IngressContext): IngressConfig;
}

class LoadBalancer extends AtlantisIngress {
  constructor(private readonly props: LoadBalancerIngressProps) {
    super();
  }

  public _validate(scope: Construct, problems: Problems, vpc?: ec2.IVpc): void {
    if (vpc && this.props.subnets) selectSubnets(scope, 'ingress.subnets', vpc, this.props.subnets, problems);
    else if (vpc && vpc.publicSubnets.length === 0) {
      problems.add(
        scope,
        'vpc',
        'got a VPC without public subnets, in which the load balancer would be; give `ingress.subnets`, or another VPC',
      );
    }
    this.props.domain._validate(scope, problems);
    this.props.ui?._validate(scope, problems);
    this.props.sources?._validate(scope, problems);
  }

  public _bind(scope: Construct, context: IngressContext): IngressConfig {
    const { domain, ui = WebAccess.closed(), sources = WebhookSources.anywhere(), subnets } = this.props;
    return makeLoadBalancer(scope, {
      ...context,
      subnets,
      domain: domain._bind(scope),
      uiCidrs: ui._cidrs(),
      webhookCidrs: sources._cidrs(),
    });
  }
}
