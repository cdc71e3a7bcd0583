import * as fs from 'node:fs';
import * as path from 'node:path';
import { EmulatorApi } from './emulator-api';
import { packageCache } from './images/executors';
import { identify, isAlive, until } from './processes';
import { Failure } from './progress';
import type { Run } from './runs';
import { lastLines } from './setup/command';
import { provideTools } from './setup/tools';

const ACCOUNT = '123456789012';
export const REGION = 'us-east-1';

const PLUGIN = path.join(__dirname, 'plugin');
const MAKE_ROOTS = path.join(__dirname, 'images', 'make-roots.ts');
const LAMBDA_NETWORK = path.join(__dirname, 'lambda-network.cjs');
/** The runtime of a Lambda function brings the AWS SDK, which is found here among our packages. */
const SDK = path.join(__dirname, '..', '..', 'node_modules');
const START_TIME = 60_000;

export interface EmulatorOptions {
  readonly port: number;
  readonly dockerHost: string;
  readonly network: string;
  /** Where containers find the emulator in their network. */
  readonly relayAddress: string;
  /** Loopback ports by the listeners' ports that they stand for. */
  readonly fronts: Record<number, number>;
  /** What signed the certificates of deployed names. */
  readonly caFile: string;
  /** Whether every call is checked against the caller's policies. */
  readonly enforceIam: boolean;
  /** Arguments more for the executor of component documents, such as hosts that stand for others. */
  readonly imageArguments: string[];
  /** Where the roots of images that were built are kept. */
  readonly imageDirectory: string;
}

/** Lambda functions run as processes of this machine and inherit this. */
function lambdaEnvironment({ fronts, caFile }: EmulatorOptions): Record<string, string> {
  return {
    NODE_PATH: SDK,
    NODE_OPTIONS: `--require ${JSON.stringify(LAMBDA_NETWORK)}`,
    NODE_EXTRA_CA_CERTS: caFile,
    CDK_ATLANTIS_CLOUD_FRONTS: JSON.stringify(fronts),
  };
}

/** What EC2 Image Builder's documents are run on and with; a root is made when the first image that needs it is built. */
function imageEnvironment({ imageArguments, imageDirectory }: EmulatorOptions): Record<string, string> {
  return {
    CDK_ATLANTIS_CLOUD_IMAGES: imageDirectory,
    CDK_ATLANTIS_CLOUD_IMAGE_ROOTS_BY: JSON.stringify([process.execPath, require.resolve('tsx/cli'), MAKE_ROOTS]),
    CDK_ATLANTIS_CLOUD_IMAGE_ARGUMENTS: JSON.stringify(['--apt-cache', packageCache(), ...imageArguments]),
  };
}

/** This process's environment without anything of the user's own AWS accounts and engines. */
export function neutralEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AWS|DOCKER)_/.test(name)));
}

/** The emulated AWS: ministack with our plugin, on a loopback port. */
export async function startEmulator(run: Run, options: EmulatorOptions): Promise<EmulatorApi> {
  const { python } = await provideTools(['python']);
  const env = {
    ...neutralEnvironment(),
    ...lambdaEnvironment(options),
    ...imageEnvironment(options),
    DOCKER_HOST: options.dockerHost,
    MINISTACK_ACCOUNT_ID: ACCOUNT,
    MINISTACK_REGION: REGION,
    GATEWAY_PORT: String(options.port),
    BIND_HOST: '127.0.0.1',
    IOT_MTLS_ENABLED: 'false',
    TMPDIR: run.subdirectory('tmp'),
    PYTHONPATH: PLUGIN,
    PYTHONDONTWRITEBYTECODE: '1',
    CDK_ATLANTIS_CLOUD_RUN: run.id,
    CDK_ATLANTIS_CLOUD_NETWORK: options.network,
    CDK_ATLANTIS_CLOUD_RELAY: options.relayAddress,
    // The CDK's bootstrap bucket, and ours, deny calls without TLS, which loopback has none of.
    ...(options.enforceIam ? { AUTH: 'true', CDK_ATLANTIS_CLOUD_ASSUME_TLS: 'true' } : {}),
  };
  const child = run.spawn('emulator', python, ['-m', 'cdk_atlantis_cloud'], { env, cwd: run.directory });
  const emulator = child.pid === undefined ? undefined : identify(child.pid);
  const api = new EmulatorApi(options.port, REGION);
  const isThere = () => emulator !== undefined && isAlive(emulator);
  const isUp = () =>
    api.query('sts', '2011-06-15', 'GetCallerIdentity').then(
      () => true,
      () => false,
    );
  await until(async () => !isThere() || (await isUp()), START_TIME, 100);
  if (isThere() && (await isUp())) return api;
  throw new Failure(`The emulator did not start:\n${lastLines(fs.readFileSync(run.log('emulator'), 'utf8'), 20)}`);
}
