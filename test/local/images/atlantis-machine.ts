import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { InstanceArchitecture } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { documentArguments, documentsOf } from '../../../integ/local/images/documents';
import { executeFirst, inRoot } from '../../../integ/local/images/executors';
import { type BootOptions, Machine } from '../../../integ/local/images/machine';
import { Metadata } from '../../../integ/local/images/metadata';
import { Publisher } from '../../../integ/local/images/publisher';
import { layOut, provideRoot, type RootName } from '../../../integ/local/images/roots';
import { until } from '../../../integ/local/processes';
import { AtlantisAmi, type AtlantisLevelOptions, ImageBase, ImageLevel, ImageOs, RuntimeTool } from '../../../src';
import { imageStack } from '../../ami/synthesized-image';
import { ACCOUNT, REGION } from '../../synthesized';
import { Stores } from './atlantis-stores';

const ARCHITECTURE = process.arch === 'x64' ? InstanceArchitecture.X86_64 : InstanceArchitecture.ARM_64;
const SYSTEMS: Record<RootName, ImageOs> = { 'debian-12': ImageOs.DEBIAN_12, 'ubuntu-24.04': ImageOs.UBUNTU_24_04 };
const TOFU = '1.12.5';
const INSTANCE = 'i-0123456789abcdef0';

/** Credentials of the instance's role: nothing of a plan may ever show them. */
export const INSTANCE_KEY = 'ASIAINSTANCEROLE0000';

/** Where the booted machine finds the stores. */
const STORES = 'http://127.0.0.1:4566';

/** An image that was really built from the template's documents, what it finds where it runs, and the machines that are booted from it. */
export class BuiltImage {
  private readonly machines: Machine[] = [];

  /**
   * @param secrets the secrets by the ids of their constructs, and their first values
   * @param level the options of the level, in a scope
   * @param prepare changes the root before it is booted
   */
  static async build(
    root: RootName,
    secrets: Record<string, string | undefined>,
    level: (scope: Construct) => AtlantisLevelOptions,
    prepare: (root: string) => void = () => {},
  ): Promise<BuiltImage> {
    const directory = mkdtempSync(join(tmpdir(), 'cdk-atlantis-image-'));
    const stores = await Stores.start(directory);
    const publisher = await Publisher.start(join(directory, 'publisher'), [
      { program: 'atlantis', version: '0.47.1' },
      { program: 'opentofu', version: TOFU },
    ]);
    try {
      const arns: Record<string, string> = {};
      for (const [name, value] of Object.entries(secrets)) arns[name] = await stores.makeSecret(name, value);
      const ssmAgent = root === 'debian-12' ? { version: '3.3.4177.0', sha256: '0'.repeat(64) } : undefined;
      const base = ImageBase.latest(SYSTEMS[root], { architecture: ARCHITECTURE, ssmAgent });
      const stack = imageStack();
      new AtlantisAmi(stack, 'Ami', {
        base,
        levels: [ImageLevel.common(), ImageLevel.runtime({ tools: [RuntimeTool.openTofu(TOFU)] }), ImageLevel.atlantis(level(stack))],
      });
      const template = Template.fromStack(stack);
      const values = Object.fromEntries(
        Object.keys(template.findResources('AWS::SecretsManager::Secret')).map((id) => [id, arns[nameOf(id, arns)]]),
      );
      const { documents } = documentsOf(template.toJSON(), { values });
      const tar = await provideRoot(root);
      if (!tar) throw new Error(`there is no root of ${root} here`);
      const target = join(directory, 'root');
      await layOut(tar, target);
      const documentFiles = documentArguments(documents, join(directory, 'documents'));
      const { code, printed } = await executeFirst(inRoot(target), documentFiles, { more: publisher.options });
      if (code !== 0) throw new Error(printed);
      prepare(target);
      const role = { accessKeyId: INSTANCE_KEY, secretAccessKey: 'instance-secret', sessionToken: 'instance-token' };
      const metadata = await Metadata.start({
        region: REGION,
        accountId: ACCOUNT,
        instanceId: INSTANCE,
        role: 'atlantis',
        credentials: role,
      });
      return new BuiltImage(directory, target, documentFiles, stores, metadata, arns);
    } catch (problem) {
      stores.stop();
      rmSync(directory, { recursive: true, force: true });
      throw problem;
    } finally {
      await publisher.stop();
    }
  }

  private constructor(
    readonly directory: string,
    readonly root: string,
    /** The arguments by which an executor runs the documents. */
    readonly documents: string[],
    readonly stores: Stores,
    readonly metadata: Metadata,
    readonly arns: Record<string, string>,
  ) {}

  async boot(options: BootOptions = {}): Promise<Machine> {
    const environment = `[Service]\nEnvironment=AWS_ENDPOINT_URL=${STORES}\n`;
    const machine = await Machine.boot(this.root, {
      failedUnitsToo: true,
      ...options,
      forwards: [...this.metadata.forwards, ...(options.forwards ?? []), { address: '127.0.0.1', port: 4566, to: this.stores.port }],
      files: {
        '/run/systemd/system/atlantis-secrets.service.d/stores.conf': environment,
        '/run/systemd/system/atlantis-credentials@.service.d/stores.conf': environment,
        ...options.files,
      },
    });
    this.machines.push(machine);
    return machine;
  }

  async remove(): Promise<void> {
    for (const machine of this.machines) await machine.stop();
    await this.metadata.stop();
    this.stores.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The name of a secret whose logical id contains it. */
function nameOf(id: string, arns: Record<string, string>): string {
  const name = Object.keys(arns).find((one) => id.includes(one));
  if (name === undefined) throw new Error(`nothing is said of the secret ${id}`);
  return name;
}

/** Whether the server answers within a time. */
export const isHealthy = (machine: Machine, scheme = 'http', patience = 60_000): Promise<boolean> =>
  until(
    async () =>
      (await machine.try(['curl', '--insecure', '--fail', '--silent', '--max-time', '5', `${scheme}://127.0.0.1:4141/healthz`])).code === 0,
    patience,
    200,
  );
