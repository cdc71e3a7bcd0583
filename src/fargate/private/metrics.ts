import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ecs from 'aws-cdk-lib/aws-ecs';

/** What ECS emits. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html */
export const METRICS = { cpu: 'CPUUtilization', memory: 'MemoryUtilization' } as const;

export function serviceMetric(service: ecs.FargateService, metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: 'AWS/ECS',
    metricName,
    dimensionsMap: { ClusterName: service.cluster.clusterName, ServiceName: service.serviceName },
    ...options,
  }).attachTo(service);
}
