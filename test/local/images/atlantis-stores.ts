import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { neutralEnvironment } from '../../../integ/local/emulator';
import { EmulatorApi } from '../../../integ/local/emulator-api';
import { until } from '../../../integ/local/processes';
import { provideTools } from '../../../integ/local/setup/tools';
import { ACCOUNT, REGION } from '../../synthesized';

const PLUGIN = join(__dirname, '..', '..', '..', 'integ', 'local', 'plugin');

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Secrets Manager, Systems Manager and STS of the local cloud, without its containers. */
export class Stores {
  static async start(directory: string): Promise<Stores> {
    const port = await freePort();
    const { python } = await provideTools(['python']);
    const env = {
      ...neutralEnvironment(),
      ...{ MINISTACK_ACCOUNT_ID: ACCOUNT, MINISTACK_REGION: REGION, GATEWAY_PORT: String(port), BIND_HOST: '127.0.0.1' },
      ...{ IOT_MTLS_ENABLED: 'false', TMPDIR: directory, PYTHONPATH: PLUGIN, PYTHONDONTWRITEBYTECODE: '1' },
    };
    const child = spawn(python, ['-m', 'ministack'], { env, cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    const stores = new Stores(child, port);
    const answers = () =>
      stores.api.query('sts', '2011-06-15', 'GetCallerIdentity').then(
        () => true,
        () => false,
      );
    if (!(await until(answers, 60_000, 100))) {
      stores.stop();
      throw new Error(`the stores did not start: ${said}`);
    }
    return stores;
  }

  readonly api: EmulatorApi;

  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {
    this.api = new EmulatorApi(port, REGION);
  }

  /** Makes a secret, without a value when none is given, and gives its ARN. */
  async makeSecret(name: string, value?: string): Promise<string> {
    const parameters = { Name: name, ClientRequestToken: name.padEnd(32, '0'), ...(value === undefined ? {} : { SecretString: value }) };
    return (await this.api.json<{ ARN: string }>('secretsmanager', 'secretsmanager.CreateSecret', parameters)).ARN;
  }

  async storeSecret(id: string, value: string): Promise<void> {
    await this.api.json('secretsmanager', 'secretsmanager.PutSecretValue', { SecretId: id, SecretString: value });
  }

  async storeParameter(name: string, value: string): Promise<void> {
    await this.api.json('ssm', 'AmazonSSM.PutParameter', { Name: name, Value: value, Type: 'SecureString', Overwrite: true });
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }
}
