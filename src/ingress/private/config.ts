import type * as acm from 'aws-cdk-lib/aws-certificatemanager';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';

export interface DomainConfig {
  /** The certificate of the HTTPS listener; without one there is plain HTTP only. */
  readonly certificate?: acm.ICertificate;
  /** The name that the server is known by; undefined means the load balancer's own. */
  readonly domainName?: string;
  /** Makes the records that lead to the load balancer. */
  pointAt(loadBalancer: elbv2.ApplicationLoadBalancer): void;
}

export interface IngressContext {
  readonly vpc: ec2.IVpc;
  readonly containerPort: number;
}

export interface IngressConfig {
  /** The server's own address, without a slash at its end. */
  readonly url: string;
  readonly loadBalancer: elbv2.ApplicationLoadBalancer;
  readonly targetGroup: elbv2.ApplicationTargetGroup;
  readonly securityGroup: ec2.SecurityGroup;
}
