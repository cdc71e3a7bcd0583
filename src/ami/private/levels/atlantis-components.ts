import { InstanceArchitecture } from 'aws-cdk-lib/aws-ec2';
import { ComponentStep, type CreateFileProps } from '../../component-step';
import { ImageComponent } from '../../image-component';
import { FILES } from '../files';
import type { LevelVolume } from '../level-config';
import { scriptStep } from '../script-step';
import { createFiles } from './files-of-level';

const LIBEXEC = '/usr/libexec/cdk-atlantis';
const UNITS = '/etc/systemd/system';

const RELEASES = 'https://github.com/runatlantis/atlantis/releases/download';

const program = (name: string, file: keyof typeof FILES): CreateFileProps => ({
  path: `${LIBEXEC}/${name}`,
  content: FILES[file],
  permissions: '0755',
});

const unit = (file: keyof typeof FILES): CreateFileProps => ({ path: `${UNITS}/${file}`, content: FILES[file] });

/** The server's program and its folders. */
export function serverProgram(version: string, architecture: InstanceArchitecture, sha256?: string): ImageComponent {
  const file = `atlantis_linux_${architecture === InstanceArchitecture.ARM_64 ? 'arm64' : 'amd64'}.zip`;
  const checksum: { [name: string]: string } = sha256 ? { SHA256: sha256 } : { LIST_URL: `${RELEASES}/v${version}/checksums.txt` };
  const release = {
    NAME: `Atlantis ${version}`,
    PRODUCT: 'atlantis',
    VERSION: version,
    URL: `${RELEASES}/v${version}/${file}`,
    ...checksum,
  };
  return ImageComponent.inline('atlantis-program', {
    description: 'The Atlantis server, and where it keeps its things',
    buildSteps: [
      scriptStep('Wanted', 'atlantis-wanted.sh'),
      scriptStep('Fetch', 'fetch-release.sh', { ...release, ENTRY: 'atlantis', DESTINATION: '/usr/bin/atlantis' }),
      scriptStep('Finish', 'atlantis-program.sh'),
    ],
    validateSteps: [scriptStep('Program', 'check-atlantis-program.sh', { VERSION: version })],
  });
}

export interface SettingFiles {
  readonly config: string;
  readonly secrets: string;
  readonly targets: string;
}

/** What the server is told; names of secrets, and no secret. */
export function settingFiles({ config, secrets, targets }: SettingFiles): ImageComponent {
  return ImageComponent.inline('atlantis-settings', {
    description: 'What Atlantis is told',
    buildSteps: createFiles({
      Config: { path: '/opt/atlantis/config.yaml', content: config },
      Secrets: { path: '/etc/atlantis/secrets.json', content: secrets },
      Targets: { path: '/etc/atlantis/targets.json', content: targets },
    }),
  });
}

/** What fetches the secrets. */
export function secretsService(): ImageComponent {
  return ImageComponent.inline('atlantis-secrets', {
    description: 'Fetches the secrets of Atlantis when it starts',
    buildSteps: createFiles({ Fetch: program('fetch-secrets', 'fetch-secrets.py'), Service: unit('atlantis-secrets.service') }),
  });
}

/** What gives Terraform the credentials of target roles. */
export function credentialsService(): ImageComponent {
  return ImageComponent.inline('atlantis-credentials', {
    description: 'Assumes target roles for Terraform',
    buildSteps: [
      ...createFiles({
        Assume: program('assume-target-role', 'assume-target-role.py'),
        Ask: program('target-credentials', 'target-credentials.py'),
        Profiles: program('write-target-profiles', 'write-target-profiles.py'),
        Socket: unit('atlantis-credentials.socket'),
        Service: unit('atlantis-credentials@.service'),
      }),
      ComponentStep.bash('WriteProfiles', [`${LIBEXEC}/write-target-profiles`, 'systemctl enable atlantis-credentials.socket']),
    ],
  });
}

/** What mounts the data volume. */
export function dataService({ deviceName }: LevelVolume): ImageComponent {
  return ImageComponent.inline('atlantis-data', {
    description: 'Mounts the data volume of Atlantis',
    buildSteps: [
      ...createFiles({
        Mount: program('mount-data', 'mount-data.sh'),
        DeviceName: program('ebs-device-name', 'ebs-device-name.py'),
        Device: { path: '/etc/atlantis/data-volume', content: `DEVICE=${deviceName}\n` },
        Service: unit('atlantis-data.service'),
      }),
      scriptStep('Enable', 'atlantis-data.sh'),
    ],
  });
}

/** The unit, and what has to be true of all of it. */
export function serverUnit(port: number, tls: boolean): ImageComponent {
  const values = { PORT: String(port), SCHEME: tls ? 'https' : 'http' };
  const certificate = { Tls: { path: `${UNITS}/atlantis.service.d/tls.conf`, content: FILES['atlantis-tls.conf'] } };
  return ImageComponent.inline('atlantis-unit', {
    description: 'Starts Atlantis with the machine',
    buildSteps: [
      ...createFiles({
        HandOver: program('hand-over-config', 'hand-over-config.py'),
        Server: unit('atlantis.service'),
        ...(tls ? certificate : {}),
      }),
      ComponentStep.bash('Enable', ['systemctl enable atlantis.service']),
    ],
    validateSteps: [scriptStep('Unit', 'check-atlantis-unit.sh')],
    testSteps: [scriptStep('Started', 'test-atlantis.sh', values)],
  });
}
