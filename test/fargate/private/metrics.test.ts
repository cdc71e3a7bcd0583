import { Duration } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { IAtlantis } from '../../../src';
import { METRICS } from '../../../src/fargate/private/metrics';
import { synthesize } from '../../synthesized';

describe('metrics', () => {
  const { stack, atlantis } = synthesize();
  const server: IAtlantis = atlantis;
  const read = (metric: cloudwatch.Metric) => stack.resolve(metric.toMetricConfig().metricStat);

  const dimensions = [
    { name: 'ClusterName', value: stack.resolve(atlantis.cluster.clusterName) },
    { name: 'ServiceName', value: stack.resolve(atlantis.service.serviceName) },
  ];

  test('the names are those that ECS emits', () => {
    expect(METRICS).toEqual({ cpu: 'CPUUtilization', memory: 'MemoryUtilization' });
  });

  test('the use of the processor is an average of the service over five minutes', () => {
    expect(read(server.metricCpuUtilization())).toMatchObject({
      namespace: 'AWS/ECS',
      metricName: METRICS.cpu,
      dimensions,
      statistic: 'Average',
      period: Duration.minutes(5),
    });
  });

  test('the use of the memory is an average of the service over five minutes', () => {
    expect(read(server.metricMemoryUtilization())).toMatchObject({
      namespace: 'AWS/ECS',
      metricName: METRICS.memory,
      dimensions,
      statistic: 'Average',
      period: Duration.minutes(5),
    });
  });

  test('any other metric of the service can be named', () => {
    expect(read(server.metric('EphemeralStorageUtilized'))).toMatchObject({ metricName: 'EphemeralStorageUtilized', dimensions });
  });

  test('the statistic and the period are a choice for each of them', () => {
    const options = { statistic: 'Maximum', period: Duration.minutes(1) };
    for (const metric of [server.metric('X', options), server.metricCpuUtilization(options), server.metricMemoryUtilization(options)]) {
      expect(read(metric)).toMatchObject(options);
    }
  });
});
