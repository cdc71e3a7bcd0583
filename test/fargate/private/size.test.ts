import { CfnParameter } from 'aws-cdk-lib';
import { environmentOf, onlyResource, refusalOf, synthesize } from '../../synthesized';

const GIB = 1024;
const sizeOf = (cpu?: number, memoryLimitMiB?: number) => {
  const { template } = synthesize(() => ({ cpu, memoryLimitMiB }));
  const { Cpu, Memory } = onlyResource(template, 'AWS::ECS::TaskDefinition').Properties;
  return [Cpu, Memory];
};
const poolFor = (cpu: number, memoryLimitMiB: number) =>
  environmentOf(synthesize(() => ({ cpu, memoryLimitMiB })).template).ATLANTIS_PARALLEL_POOL_SIZE;

describe('the size of the task', () => {
  test('AtlantisOnFargateProps.cpu left out: one virtual processor', () => {
    expect(sizeOf()[0]).toBe('1024');
  });

  test('AtlantisOnFargateProps.memoryLimitMiB left out: 2 GB', () => {
    expect(sizeOf()[1]).toBe('2048');
  });

  test('a processor that comes with more than 2 GB at the least gets that', () => {
    expect(sizeOf(4096)).toEqual(['4096', `${8 * GIB}`]);
  });

  test.each([
    [256, 1 * GIB],
    [256, 2 * GIB],
    [512, 1 * GIB],
    [512, 4 * GIB],
    [1024, 8 * GIB],
    [2048, 4 * GIB],
    [2048, 16 * GIB],
    [4096, 8 * GIB],
    [4096, 30 * GIB],
    [8192, 16 * GIB],
    [8192, 20 * GIB],
    [16384, 32 * GIB],
    [16384, 120 * GIB],
  ])('cpu %s with %s MiB is accepted', (cpu, memory) => {
    expect(sizeOf(cpu, memory)).toEqual([`${cpu}`, `${memory}`]);
  });

  test.each([0, 300, 1, 32768])('cpu %s is refused, since Fargate does not offer it', (cpu) => {
    expect(refusalOf(() => ({ cpu }))).toBe(`[Stack/Atlantis] cpu: got ${cpu}; give one of 256, 512, 1024, 2048, 4096, 8192, 16384`);
  });

  test.each([
    [256, 4096, '512 to 2048 in steps of 512'],
    [1024, 1024, '2048 to 8192 in steps of 1024'],
    [1024, 3000, '2048 to 8192 in steps of 1024'],
    [4096, 4096, '8192 to 30720 in steps of 1024'],
    [8192, 17 * GIB, '16384 to 61440 in steps of 4096'],
    [16384, 36 * GIB, '32768 to 122880 in steps of 8192'],
  ])('cpu %s with %s MiB is refused, since Fargate does not offer it', (cpu, memoryLimitMiB, offered) => {
    expect(refusalOf(() => ({ cpu, memoryLimitMiB }))).toBe(
      `[Stack/Atlantis] memoryLimitMiB: got ${memoryLimitMiB}; with cpu ${cpu} Fargate offers ${offered}`,
    );
  });

  test('memory that is too small for one plan is refused', () => {
    expect(refusalOf(() => ({ cpu: 256, memoryLimitMiB: 512 }))).toBe(
      '[Stack/Atlantis] memoryLimitMiB: got 512; one plan with the AWS provider takes about 600: give 1024 or more',
    );
  });

  test('a size that only the deployment knows passes', () => {
    const { template } = synthesize((scope) => ({
      cpu: new CfnParameter(scope, 'Cpu', { type: 'Number' }).valueAsNumber,
      memoryLimitMiB: new CfnParameter(scope, 'Memory', { type: 'Number' }).valueAsNumber,
    }));
    expect(onlyResource(template, 'AWS::ECS::TaskDefinition').Properties).toMatchObject({ Cpu: { Ref: 'Cpu' }, Memory: { Ref: 'Memory' } });
    expect(environmentOf(template).ATLANTIS_PARALLEL_POOL_SIZE).toBe('1');
  });
});

describe('the pool of plans', () => {
  test.each([
    [512, 1 * GIB, '1'],
    [1024, 2 * GIB, '2'],
    [1024, 4 * GIB, '6'],
    [2048, 8 * GIB, '13'],
  ])('with cpu %s and %s MiB, %s plans run at once', (cpu, memory, pool) => {
    expect(poolFor(cpu, memory)).toBe(pool);
  });
});
