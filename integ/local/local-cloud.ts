import * as fs from 'node:fs';
import * as path from 'node:path';
import { bootstrapRegion } from './bootstrap';
import { CertificateAuthority } from './certificates';
import { cleanDeadRuns } from './dead-runs';
import { type Docker, RUN_LABEL, removeFromEngine } from './docker';
import { neutralEnvironment, REGION, startEmulator } from './emulator';
import { EmulatorApi } from './emulator-api';
import { provideEngine } from './engine';
import { Front } from './front';
import { type FrontInit, fetchThrough } from './front-client';
import { LoadBalancers } from './load-balancers';
import { freePort } from './ports';
import { Failure, step } from './progress';
import { type Receiver, startRelay, toLoopback } from './relay';
import { Run } from './runs';
import { provideImages } from './setup/images';

export interface LocalCloudOptions {
  /** Images that the engine is to have before anything is deployed. @default - none */
  readonly images?: ('atlantis' | 'gitea')[];
  /** Regions in which `cdk deploy` works. @default - us-east-1 */
  readonly regions?: string[];
  /**
   * Whether every call is checked as AWS does: signatures, MFA codes, policies, boundaries. The access key `test`, which the environment
   * for commands has, is the account's root user and may do everything. @default false
   */
  readonly enforceIam?: boolean;
  /** Arguments more for the executor of component documents, such as `--host` and `--trust`. @default - none */
  readonly imageArguments?: string[];
}

/** An emulated AWS account with real containers. All of it is on loopback and in a Docker network of its own. */
export interface LocalCloud {
  /** The emulated AWS API. */
  readonly endpoint: string;
  /** What the CDK, integ-runner and the AWS command line need in their environment, and nothing of a real account. */
  readonly env: Record<string, string>;
  readonly docker: Docker;
  readonly run: string;
  readonly network: string;
  readonly directory: string;
  /** In the network: ports 443 and 80 are the fronts, 4566 is the emulator, 4141 is what `serveAtlantis` was given. */
  readonly relayAddress: string;
  /** Stands for port 443 of every deployed load balancer, by the server name. */
  readonly frontPort: number;
  /** Stands for port 80 of every deployed load balancer, by the host. */
  readonly httpFrontPort: number;
  /** What signed the certificates that the front presents. */
  readonly caFile: string;
  readonly api: EmulatorApi;
  /** The images that the containers are of: pulled, or built from source. */
  readonly images: 'pulled' | 'built' | undefined;
  /** The root directory of an image that EC2 Image Builder built here. */
  imageRoot(imageId: string): string;
  /** Has containers reach a port of this machine's loopback at port 4141 of the relay's address. */
  serveAtlantis(port: number): void;
  /** Asks a deployed load balancer by its name, trusting the run's certificate authority. Redirects are not followed. */
  fetch(url: string, init?: FrontInit): Promise<Response>;
  stop(): Promise<void>;
}

/** Neither the user's profiles nor what the CDK remembers of an access key may lead to a real account. */
function environment(run: Run, endpoint: string, docker: Docker): Record<string, string> {
  const config = run.file('aws', 'config');
  const credentials = run.file('aws', 'credentials');
  fs.writeFileSync(config, `[default]\nregion = ${REGION}\n`);
  fs.writeFileSync(credentials, '[default]\naws_access_key_id = test\naws_secret_access_key = test\n');
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_CONFIG_FILE: config,
    AWS_SHARED_CREDENTIALS_FILE: credentials,
    AWS_EC2_METADATA_DISABLED: 'true',
    CDK_HOME: run.subdirectory('cdk-home'),
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    DOCKER_HOST: docker.host,
    // A proxy, where there is one, does not lead to this machine's loopback.
    NO_PROXY: ['127.0.0.1', 'localhost', process.env.NO_PROXY].filter(Boolean).join(','),
  };
}

/** The environment of this process for a command that is to use the local cloud, without what could lead it to a real account. */
export function environmentFor(cloud: LocalCloud): NodeJS.ProcessEnv {
  return { ...neutralEnvironment(), ...cloud.env };
}

/** The engine, as far as starting is concerned: nothing new is made once the run is being stopped. */
function untilStopped(engine: Docker, run: Run): Docker {
  return {
    ...engine,
    run: async (args, input) => {
      if (run.isStopping) throw new Failure('The run is being stopped.');
      return engine.run(args, input);
    },
  };
}

async function provideRunEngine(run: Run): Promise<Docker> {
  const providing = provideEngine();
  // Whoever stops the run while the engine is being started waits for it: then it can be let go of.
  run.onStop(async () => {
    const engine = await providing.catch(() => undefined);
    if (!engine) return;
    try {
      await removeFromEngine(engine, run.id);
    } finally {
      await engine.stop();
    }
  });
  const engine = await providing;
  run.uses(engine);
  await cleanDeadRuns(engine);
  return untilStopped(engine, run);
}

async function start(run: Run, options: LocalCloudOptions): Promise<LocalCloud> {
  const docker = await provideRunEngine(run);
  const wanted = options.images ?? [];
  const images = wanted.length > 0 ? (await provideImages(docker, wanted)).how : undefined;
  const network = run.id;
  const imageDirectory = run.subdirectory('images');
  const gatewayPort = await freePort();
  const endpoint = `http://127.0.0.1:${gatewayPort}`;
  const api = new EmulatorApi(gatewayPort, REGION);
  const authority = await CertificateAuthority.make(run.subdirectory('ca'));
  const loadBalancers = new LoadBalancers(api);
  const front = new Front(443, gatewayPort, loadBalancers, authority);
  const httpFront = new Front(80, gatewayPort, loadBalancers);
  run.onStop(async () => {
    front.close();
    httpFront.close();
  });
  const [frontPort, httpFrontPort] = [await front.listen(), await httpFront.listen()];

  let atlantis: Receiver | undefined;
  const relay = await step('starting the network and its relay', async () => {
    await docker.run(['network', 'create', '--driver', 'bridge', '--label', `${RUN_LABEL}=${run.id}`, network]);
    return startRelay(docker, run, network, {
      443: (socket, client) => front.accept(socket, client),
      80: (socket, client) => httpFront.accept(socket, client),
      4566: toLoopback(gatewayPort),
      4141: (socket, client) => (atlantis ? atlantis(socket, client) : socket.destroy()),
    });
  });
  await step('starting the emulator', () =>
    startEmulator(run, {
      port: gatewayPort,
      dockerHost: docker.host,
      network,
      relayAddress: relay.address,
      fronts: { 443: frontPort, 80: httpFrontPort },
      caFile: authority.certificateFile,
      enforceIam: options.enforceIam ?? false,
      imageArguments: options.imageArguments ?? [],
      imageDirectory,
    }),
  );
  const regions = options.regions ?? [REGION];
  if (regions.length > 0) {
    await step('bootstrapping the account for the CDK', () =>
      Promise.all(regions.map((region) => bootstrapRegion(new EmulatorApi(gatewayPort, region)))),
    );
  }
  return {
    endpoint,
    env: environment(run, endpoint, docker),
    docker,
    run: run.id,
    network,
    directory: run.directory,
    relayAddress: relay.address,
    frontPort,
    httpFrontPort,
    caFile: authority.certificateFile,
    api,
    images,
    imageRoot: (imageId) => path.join(imageDirectory, imageId),
    serveAtlantis: (port) => {
      atlantis = toLoopback(port);
    },
    fetch: (url, init) => fetchThrough({ frontPort, httpFrontPort, caFile: authority.certificateFile }, url, init),
    stop: () => run.stop(),
  };
}

/** Starts the local cloud. What fails on the way, SIGINT and SIGTERM leave nothing behind; after SIGKILL the next start cleans up. */
export async function startCloud(options: LocalCloudOptions = {}): Promise<LocalCloud> {
  const run = Run.begin();
  try {
    return await start(run, options);
  } catch (problem) {
    await run.stop();
    throw problem;
  }
}
