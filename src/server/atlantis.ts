import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/** An Atlantis server, wherever it runs. */
export interface IAtlantis extends IConstruct, iam.IGrantable, ec2.IConnectable {
  /** The server's own address, such as `https://atlantis.example.com`, without a slash at its end. */
  readonly url: string;

  /**
   * A metric of the server.
   *
   * @param metricName the metric's name in CloudWatch
   * @param options what differs from an average over five minutes
   */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * The processor's use, in percent of what the server was given.
   *
   * @param options what differs from an average over five minutes
   */
  metricCpuUtilization(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * The memory's use, in percent of what the server was given.
   *
   * @param options what differs from an average over five minutes
   */
  metricMemoryUtilization(options?: cloudwatch.MetricOptions): cloudwatch.Metric;
}
