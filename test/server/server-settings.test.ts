import { CfnParameter } from 'aws-cdk-lib';
import { AtlantisLogLevel, type ServerSettings, TfDistribution } from '../../src';
import { environmentOf, refusalOf, synthesize } from '../synthesized';

const environmentWith = (settings?: ServerSettings) => environmentOf(synthesize(() => ({ settings })).template);

describe('settings of the server', () => {
  describe('left out', () => {
    const environment = environmentWith({});

    test("ServerSettings.defaultTfDistribution left out: the server's own default, Terraform, is kept", () => {
      expect(environment).not.toHaveProperty('ATLANTIS_DEFAULT_TF_DISTRIBUTION');
    });

    test('ServerSettings.defaultTfVersion left out: the version that the image holds is kept', () => {
      expect(environment).not.toHaveProperty('ATLANTIS_DEFAULT_TF_VERSION');
    });

    test("ServerSettings.logLevel left out: the server's own default, info, is kept", () => {
      expect(environment).not.toHaveProperty('ATLANTIS_LOG_LEVEL');
    });

    test('ServerSettings.parallelPoolSize left out: two plans fit into the default memory', () => {
      expect(environment.ATLANTIS_PARALLEL_POOL_SIZE).toBe('2');
    });

    test("a page of another site cannot follow a job's log", () => {
      expect(environment.ATLANTIS_WEBSOCKET_CHECK_ORIGIN).toBe('true');
    });
  });

  test('AtlantisOnFargateProps.settings left out: the same environment as with no setting', () => {
    expect(environmentOf(synthesize().template)).toEqual(environmentWith({}));
  });

  test('each setting that is given reaches the server', () => {
    const settings = {
      defaultTfDistribution: TfDistribution.OPENTOFU,
      defaultTfVersion: '1.14.9',
      logLevel: AtlantisLogLevel.DEBUG,
      parallelPoolSize: 7,
    };
    expect(environmentWith(settings)).toMatchObject({
      ATLANTIS_DEFAULT_TF_DISTRIBUTION: 'opentofu',
      ATLANTIS_DEFAULT_TF_VERSION: '1.14.9',
      ATLANTIS_LOG_LEVEL: 'debug',
      ATLANTIS_PARALLEL_POOL_SIZE: '7',
    });
  });

  test('enums have the words of the server', () => {
    expect(Object.values(TfDistribution)).toEqual(['terraform', 'opentofu']);
    expect(Object.values(AtlantisLogLevel)).toEqual(['debug', 'info', 'warn', 'error']);
  });

  test.each(['1.14.9', '1.15.0-beta1', '0.11.14'])('the version %s is accepted', (defaultTfVersion) => {
    expect(environmentWith({ defaultTfVersion }).ATLANTIS_DEFAULT_TF_VERSION).toBe(defaultTfVersion);
  });

  test.each(['v1.14.9', '1.14', 'latest', ''])('the version "%s" is refused', (defaultTfVersion) => {
    expect(refusalOf(() => ({ settings: { defaultTfVersion } }))).toBe(
      `[Stack/Atlantis] settings.defaultTfVersion: got "${defaultTfVersion}"; give three numbers with dots and no leading v, such as 1.14.9`,
    );
  });

  test.each([0, -1, 1.5, Number.NaN])('a pool of %s is refused', (parallelPoolSize) => {
    expect(refusalOf(() => ({ settings: { parallelPoolSize } }))).toBe(
      `[Stack/Atlantis] settings.parallelPoolSize: got ${parallelPoolSize}; give a whole number from 1 on`,
    );
  });

  test('values that only the deployment knows pass and reach the server', () => {
    const { stack, template } = synthesize((scope) => ({
      settings: {
        defaultTfVersion: new CfnParameter(scope, 'TfVersion').valueAsString,
        parallelPoolSize: new CfnParameter(scope, 'Pool', { type: 'Number' }).valueAsNumber,
      },
    }));
    expect(stack.resolve(environmentOf(template))).toMatchObject({
      ATLANTIS_DEFAULT_TF_VERSION: { Ref: 'TfVersion' },
      ATLANTIS_PARALLEL_POOL_SIZE: { Ref: 'Pool' },
    });
  });
});
